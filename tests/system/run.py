"""One run: a station uploads ids through the edge agent while a fault acts; afterwards the oracle judges."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.system.oracle import Oracle, Verdict
from tests.system.processes import Installation, Process, free_ports, now_ms
from tests.system.station import OBSERVED, Station

GATEWAY = "gw-test"
MN = "310151ORACLE0001"
LINK = '[[link]]\nkind = "hj212-tcp"\nname = "stations"\nhost = "127.0.0.1"\nport = {port}\n'


@dataclass
class Run:
    """A cloud, an agent with an HJ 212 listener, one registered station."""

    installation: Installation
    edge: Process
    oracle: Oracle
    station: Station
    keys: list[str]
    random: random.Random
    credentials: dict[str, object]

    @classmethod
    async def prepare(
        cls, installation: Installation, *, ids: int, seed: int, age_ms: int = 120_000, mqtt_port: int | None = None
    ) -> "Run":
        await installation.start_cloud()
        credentials = await installation.add_gateway(GATEWAY)
        neuron = await installation.add_neuron(GATEWAY, OBSERVED, "mn", MN)
        (port,) = free_ports(1)
        installation.write_gateway(GATEWAY, credentials, LINK.format(port=port), mqtt_port=mqtt_port)
        edge = installation.edge(GATEWAY)
        edge.start()
        base_ms = (now_ms() - age_ms - ids * 1000) // 1000 * 1000
        oracle = Oracle(base_ms, series=len(OBSERVED))
        keys = {stream["key"].split("/")[1]: stream["key"] for stream in neuron["datastreams"]}
        return cls(
            installation,
            edge,
            oracle,
            Station(MN, port, oracle, seed=seed),
            [keys[name] for name in OBSERVED],
            random.Random(seed),
            credentials,
        )

    async def upload(
        self, ids: int, fault: Callable[[], Awaitable[None]] | None = None, patience_s: float = 60
    ) -> None:
        """Until all ids are acknowledged by the agent, with a fault acting meanwhile."""
        async with asyncio.timeout(patience_s), asyncio.TaskGroup() as group:
            group.create_task(self.station.run(ids))
            if fault is not None:
                group.create_task(fault())  # type: ignore[arg-type] # a coroutine function's result

    async def settled(self, patience_s: float = 60) -> float:
        """Seconds until the cloud holds all that the agent took: its spool waits for nothing more."""
        began, began_ms = time.monotonic(), now_ms()
        while time.monotonic() - began < patience_s:
            try:
                status = self.installation.edge_status(GATEWAY)
            except (OSError, ValueError):
                status = {}
            current = status and self.edge.running and status["process"] == self.edge.running.pid
            uplink = status.get("uplink", {})
            fresh = current and status["at_ms"] > began_ms + 500  # what was acknowledged last is sealed by then
            if fresh and uplink["connected"] and not any(uplink[k] for k in ("in_flight", "backlog", "waiting")):
                return time.monotonic() - began
            await asyncio.sleep(0.2)
        raise AssertionError(f"the agent still has something to send: {status}\n{self.edge.tail()}")

    async def verdict(self) -> Verdict:
        stored = [await self.installation.stored(key) for key in self.keys]
        verdict = self.oracle.judge(stored)
        verdict.resent = self.station.resent
        installation = self.installation
        verdict.duplicates_seen = round(
            await installation.metric("yz_ingest_envelopes_duplicate_total")
            + await installation.metric("yz_ingest_readings_duplicate_total")
        )
        verdict.quarantined = round(await installation.metric("yz_quarantine_rows"))
        status = installation.edge_status(GATEWAY)["spool"]
        verdict.corrupt_skipped, verdict.torn = status["corrupt_skipped"], status["torn"]
        return verdict


def assert_nothing_lost(verdict: Verdict) -> None:
    print(verdict.told())
    assert verdict.acked > 0
    assert verdict.lost == 0, verdict.told()
    assert verdict.duplicates_stored == 0, verdict.told()
    assert verdict.mismatches == 0, verdict.told()
    assert verdict.invented == 0, verdict.told()
