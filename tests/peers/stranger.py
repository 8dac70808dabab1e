"""A stranger with a gateway's credentials, who has nothing but Mosquitto's command line clients."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.programs import installed, run
from tests.system.processes import Installation


@dataclass(frozen=True)
class Stranger:
    """Who he is at which broker; without a user he is nobody."""

    gateway: str
    port: int
    username: str = ""
    password: str = ""
    ca_file: str = ""
    """For a broker that is called localhost and speaks TLS."""

    @classmethod
    async def enrolled(cls, cloud: Installation, gateway: str, port: int | None = None) -> "Stranger":
        """A new gateway, with the credentials that the API gave for it."""
        given = await cloud.add_gateway(gateway)
        return cls(gateway, port or cloud.mqtt_port, given["username"], given["password"])

    @property
    def line(self) -> list[str]:
        who = ["-u", self.username, "-P", self.password] if self.username else []
        where = ["-h", "localhost", "--cafile", self.ca_file] if self.ca_file else ["-h", "127.0.0.1"]
        return [*where, "-p", str(self.port), "-V", "mqttv311", *who]

    @property
    def door(self) -> str:
        return f"yz/v1/{self.gateway}/senml"

    def publish(self, pack: str, *options: str, topic: str | None = None) -> int:
        """With QoS 1: back when the broker has said that it has it. mosquitto_pub's exit code."""
        message = ["-m", pack] if pack else ["-n"]
        return run("mosquitto_pub", *self.line, "-q", "1", "-t", topic or self.door, *message, *options).returncode

    def publish_file(self, path: str) -> int:
        return run("mosquitto_pub", *self.line, "-q", "1", "-t", self.door, "-f", path).returncode

    def publish_lines(self, path: Path) -> int:
        """Each line a message, one behind the other."""
        command = [installed("mosquitto_pub"), *self.line, "-q", "1", "-t", self.door, "-l"]
        with path.open() as lines:
            return subprocess.run(command, stdin=lines, check=False, timeout=30).returncode

    def subscribing(self, topics: Sequence[str], *options: str) -> list[str]:
        """The command that subscribes and prints what comes."""
        filters = [word for topic in topics for word in ("-t", topic)]
        return ["stdbuf", "-oL", installed("mosquitto_sub"), *self.line, "-q", "1", "-d", *options, *filters]


def quarantined(cloud: Installation, gateway: str) -> Any:
    """Asks for what this gateway has in quarantine, newest first."""

    async def ask() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await cloud.get("/api/v1/quarantine", gateway=gateway))["items"]
        return items

    return ask
