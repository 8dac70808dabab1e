"""The simulated Modbus devices of the benchmarks, a server in C; ports and programs for them."""

import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).parent


def free_ports(count: int) -> list[int]:
    """All at once, so that none is given twice."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def free_port() -> int:
    return free_ports(1)[0]


def built(name: str, folder: Path) -> str | None:
    """The program of ``bench/<name>.c``; None: there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    binary = folder / name
    subprocess.run([compiler, "-O2", "-o", str(binary), str(HERE / f"{name}.c")], check=True)
    return str(binary)


def c_server(folder: Path) -> str | None:
    return built("modbus_server", folder)


class Devices:
    """The server with a port for each link; it counts the registers that it gives."""

    def __init__(self, server: str, links: int) -> None:
        self.ports = free_ports(links)
        self._process = subprocess.Popen([server, *map(str, self.ports)], stdout=subprocess.PIPE)
        assert self._process.stdout
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("modbus_server did not start")
        self._given: int | None = None

    def stop(self) -> int:
        """How many registers they gave."""
        if self._given is None:
            self._process.terminate()
            self._given = int(self._process.communicate()[0])
        return self._given

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
