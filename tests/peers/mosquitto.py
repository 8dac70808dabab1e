"""Debian's Mosquitto as somebody's own broker, and an installation that uses it instead of ours."""

import signal
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.peers.guide import block
from tests.peers.programs import Talker, installed, run, talking
from tests.system.processes import Installation, free_ports

CLOUD = ("yingzhou-cloud", "the cloud's password here")


class Mosquitto:
    """A broker that keeps nothing: killed and started again it has forgotten sessions, messages and subscriptions.

    :param tls: only with TLS, by a certificate of its own making for ``localhost``.
    :param further: lines of its configuration.
    """

    def __init__(self, folder: Path, *, tls: bool = False, further: str = "") -> None:
        (self.port,) = free_ports(1)
        self.starts = 0
        self._folder = folder
        self._stack = ExitStack()
        self._talker: Talker | None = None
        conf = (
            f"listener {self.port} 127.0.0.1\nuser root\nallow_anonymous false\npersistence false\n"
            f"password_file {folder}/passwords\nacl_file {folder}/acl\n{further}"
        )
        self.ca_file = _certificate(folder) if tls else None
        if tls:
            conf += f"certfile {folder}/certificate.pem\nkeyfile {folder}/key.pem\n"
        for name, text in (("passwords", ""), ("acl", block("mosquitto-acl")), ("mosquitto.conf", conf)):
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(text)
        self.let_in(*CLOUD)

    @property
    def url(self) -> str:
        return f"mqtts://localhost:{self.port}" if self.ca_file else f"mqtt://127.0.0.1:{self.port}"

    def let_in(self, username: str, password: str) -> None:
        done = run("mosquitto_passwd", "-b", str(self._folder / "passwords"), username, password)
        assert done.returncode == 0, done.stderr
        if self._talker is not None:
            self._talker.process.send_signal(signal.SIGHUP)
            self._talker.hear("Reloading config")

    def start(self) -> None:
        command = [installed("mosquitto"), "-v", "-c", str(self._folder / "mosquitto.conf")]
        self._talker = self._stack.enter_context(talking(command))
        self._talker.hear(" running")
        self.starts += 1

    def kill(self) -> None:
        """kill -9."""
        assert self._talker
        self._talker.process.kill()
        self._talker.end()
        self._talker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


@dataclass
class InstallationWithMosquitto(Installation):
    """Its gateways go to that broker, too; each gets its account there with the password that the API gave it."""

    mosquitto: Mosquitto = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mqtt_port = self.mosquitto.port
        secret = self.folder / "cloud-password"
        secret.touch(mode=0o600)
        secret.write_text(CLOUD[1])
        (self.folder / "cloud.toml").write_text(
            f'[api]\nport = {self.api_port}\n[data]\ndir = "{self.folder}"\n'
            f'[broker]\nurl = "{self.mosquitto.url}"\nusername = "{CLOUD[0]}"\npassword_file = "{secret}"\n'
            + (f'ca_file = "{self.mosquitto.ca_file}"\n' if self.mosquitto.ca_file else "")
        )

    async def add_gateway(self, gateway: str) -> dict[str, Any]:
        credentials = await super().add_gateway(gateway)
        self.mosquitto.let_in(credentials["username"], credentials["password"])
        return credentials


def _certificate(folder: Path) -> Path:
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"]
    made = run("openssl", "req", *kind, *name, *files)
    assert made.returncode == 0, made.stderr
    return folder / "certificate.pem"


def processes_named(name: str, parent: int) -> list[str]:
    """Children of a process that are called so."""
    found = subprocess.run(["pgrep", "-P", str(parent), "-x", name], capture_output=True, text=True, check=False)
    return found.stdout.split()
