"""Configuration from afar over real processes: applied, refused with its line, rolled back, killed in the middle."""

import asyncio
import random
from typing import Any

import pytest

from tests.system.processes import Installation, free_ports
from tests.system.test_commands import GATEWAY, Street

COAP = '[[link]]\nkind = "coap"\nname = "nodes"\nhost = "127.0.0.1"\nport = {}\n'


class Remote(Street):
    """A street whose gateway is configured from afar."""

    async def configure(self, toml: str) -> dict[str, Any]:
        made: dict[str, Any] = await self.installation.post(f"/api/v1/gateways/{GATEWAY}/config", {"toml": toml})
        return made

    async def configured(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.installation.get(f"/api/v1/gateways/{GATEWAY}/config")
        return found

    async def settled(self, version: int, patience_s: float = 60) -> dict[str, Any]:
        async with asyncio.timeout(patience_s):
            while True:
                one: dict[str, Any] = (await self.configured())["newest"]
                assert one["version"] == version
                if one["state"] not in {"pending", "sent", "trying"}:
                    return one
                await asyncio.sleep(0.2)

    def links(self) -> list[str]:
        try:
            return [link["name"] for link in self.installation.edge_status(GATEWAY)["links"]]
        except (OSError, ValueError):
            return []

    async def until_links(self, *names: str, patience_s: float = 30) -> None:
        async with asyncio.timeout(patience_s):
            while self.links() != list(names):
                assert self.edge.alive, self.edge.tail()
                await asyncio.sleep(0.1)


@pytest.fixture
def remote(installation: Installation) -> Remote:
    return Remote(installation)


async def test_a_configuration_is_tried_and_applied_and_outlives_a_kill(remote: Remote) -> None:
    await remote.open(1)
    await remote.until_links("street")
    (port,) = free_ports(1)
    process = remote.edge.running
    made = await remote.configure(remote.link + COAP.format(port))
    assert made["state"] in {"sent", "pending"}
    await remote.until_links("street", "nodes")
    assert process is not None
    assert process.poll() is None, "the same process"
    found = await remote.settled(made["version"])
    assert (found["state"], found["by"]) == ("applied", "admin")
    assert (await remote.command(0, 64))["state"] in {"sent", "applied"}
    await remote.until_level(0, 64.0)
    async with asyncio.timeout(40):  # the status of every half minute
        while (await remote.configured())["running"] != made["version"]:
            await asyncio.sleep(0.3)
    assert (await remote.configured())["applied"]["version"] == made["version"]
    remote.edge.kill()
    (remote.installation.folder / GATEWAY / "status.json").unlink()
    remote.edge.start()
    await remote.until_links("street", "nodes")

    refused = await remote.configure(
        '# no devices\n[[link]]\nkind = "modbus-tcp"\nname = "x"\nhost = "h"\ndevice = 5\n'
    )
    found = await remote.settled(refused["version"])
    assert found["state"] == "refused"
    assert found["reason"].startswith(f"config-{refused['version']}.toml:6: link.0.device: '5': ")
    own = await remote.configure('[uplink]\nurl = "mqtt://evil:1"\n')
    found = await remote.settled(own["version"])
    assert found["reason"] == f"config-{own['version']}.toml:1: uplink: this stands in the gateway's own file only"
    assert remote.links() == ["street", "nodes"]
    events = (await remote.installation.get("/api/v1/events", kind="config"))["items"]
    assert [(one["kind"], one["data"]["version"]) for one in events] == [
        ("config.refused", own["version"]),
        ("config.refused", refused["version"]),
        ("config.applied", made["version"]),
    ]


async def test_what_never_proves_itself_is_rolled_back(remote: Remote) -> None:
    await remote.open(1)
    await remote.until_links("street")
    (port,) = free_ports(1)
    made = await remote.configure(remote.link + COAP.format(port))
    for _ in range(3):
        await remote.until_links("street", "nodes")
        remote.edge.kill()
        (remote.installation.folder / GATEWAY / "status.json").unlink()
        remote.edge.start()
    await remote.until_links("street")
    found = await remote.settled(made["version"])
    assert (found["state"], found["reason"]) == ("rolled_back", "started 3 times and never proved itself")
    again = await remote.configure(remote.link)
    assert (await remote.settled(again["version"]))["state"] == "applied"


async def test_killed_at_any_moment_it_has_the_old_or_the_new(remote: Remote) -> None:
    """F03: the agent is killed while it takes, tries and confirms; it always comes up with one of the two."""
    dice = random.Random(3)
    await remote.open(1)
    await remote.until_links("street")
    names = ["street"]
    for number in range(4):
        (port,) = free_ports(1)
        made = await remote.configure(remote.link + COAP.format(port).replace("nodes", f"nodes-{number}"))
        await asyncio.sleep(dice.uniform(0.0, 1.5))
        remote.edge.kill()
        (remote.installation.folder / GATEWAY / "status.json").unlink(missing_ok=True)
        remote.edge.start()
        async with asyncio.timeout(30):
            while not remote.links():
                assert remote.edge.alive, remote.edge.tail()
                await asyncio.sleep(0.1)
        assert remote.links() in (names, ["street", f"nodes-{number}"])
        assert (await remote.settled(made["version"]))["state"] == "applied"
        names = ["street", f"nodes-{number}"]
        await remote.until_links(*names)
