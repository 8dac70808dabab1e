"""A serial line laid by socat: mbpoll (libmodbus) and we read the same pymodbus server and say the same."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.programs import installed, run, talking
from tests.system.processes import REPOSITORY

pytestmark = pytest.mark.peers

SERVER = """
import asyncio, sys
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

async def main():
    values = [2301, 45, 812, 30]
    units = [SimDevice(id=u, simdata=[SimData(address=0, values=values, datatype=DataType.REGISTERS)]) for u in (3, 8)]
    server = ModbusSerialServer(units, port=sys.argv[1], baudrate=9600)
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Path]:
    """Our end of the cable; the server holds the other."""
    near, far = tmp_path / "near", tmp_path / "far"
    ends = [f"pty,raw,echo=0,link={end}" for end in (near, far)]
    with talking([installed("socat"), "-d", "-d", *ends]) as cable:
        cable.hear("starting data transfer loop")
        with talking([sys.executable, "-c", SERVER, str(far)], cwd=REPOSITORY) as server:
            server.hear("ready")
            yield near


def ours(*arguments: str) -> dict:
    told = run(sys.executable, "-m", "yingzhou", "edge", *arguments, "--json", patience_s=60)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_scan_and_probe_say_what_mbpoll_says(line: Path) -> None:
    found = ours("scan", "--port", str(line), "--units", "1-9", "--timeout", "0.5")["found"]
    assert [one["address"] for one in found if "exception" not in one["note"]] == ["3", "8"], found  # it refuses others
    theirs = run(
        "mbpoll", "-m", "rtu", "-a", "8", "-b", "9600", "-P", "none", "-0", "-r", "0", "-c", "4", "-1", str(line)
    )
    printed = [int(value) for value in re.findall(r"^\[\d+\]:\s+(\d+)", theirs.stdout, re.MULTILINE)]
    assert printed == [2301, 45, 812, 30], theirs.stdout + theirs.stderr
    probed = ours("probe", "--port", str(line), "--unit", "8", "--register", "0", "--times", "1", "--expect", "230")
    assert probed["answers"] == [printed[:2]]
    best = probed["readings"][0]
    assert (best["kind"], best["divisor"]) == ("u16", 10)
