"""One run: a station uploads ids through the edge agent while a fault acts; afterwards the oracle judges."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.system.gauges import Gauges
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
    gauges: Gauges

    @classmethod
    async def prepare(
        cls,
        installation: Installation,
        *,
        ids: int,
        seed: int,
        age_ms: int = 120_000,
        mqtt_port: int | None = None,
        extra: str = "",
        start: bool = True,
        ahead: int = 8,
        pause_s: float = 0.01,
    ) -> "Run":
        await installation.start_cloud()
        credentials = await installation.add_gateway(GATEWAY)
        neuron = await installation.add_neuron(GATEWAY, OBSERVED, "mn", MN)
        (port,) = free_ports(1)
        installation.write_gateway(GATEWAY, credentials, LINK.format(port=port), mqtt_port=mqtt_port, extra=extra)
        edge = installation.edge(GATEWAY)
        if start:
            edge.start()
        base_ms = (now_ms() - age_ms - ids * 1000) // 1000 * 1000
        oracle = Oracle(base_ms, series=len(OBSERVED))
        keys = {stream["key"].split("/")[1]: stream["key"] for stream in neuron["datastreams"]}
        return cls(
            installation,
            edge,
            oracle,
            Station(MN, port, oracle, seed=seed, ahead=ahead, pause_s=pause_s),
            [keys[name] for name in OBSERVED],
            random.Random(seed),
            credentials,
            Gauges(edge, installation.folder / GATEWAY / "status.json"),
        )

    async def upload(
        self, ids: int, fault: Callable[[], Awaitable[None]] | None = None, patience_s: float = 60
    ) -> None:
        """Until all ids are acknowledged by the agent, with a fault acting meanwhile."""
        async with asyncio.timeout(patience_s), asyncio.TaskGroup() as gauging:
            watching = gauging.create_task(self.gauges.watch())
            async with asyncio.TaskGroup() as group:
                group.create_task(self.station.run(ids))
                if fault is not None:
                    group.create_task(fault())  # type: ignore[arg-type] # a coroutine function's result
            watching.cancel()

    async def upload_during(self, fault: Callable[[], Awaitable[None]], patience_s: float) -> None:
        """Ids without end, until a fault has acted; then what is still unacknowledged is sent to its end."""
        async with asyncio.timeout(patience_s), asyncio.TaskGroup() as gauging:
            watching = gauging.create_task(self.gauges.watch())
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self.station.run(1 << 40))
                await fault()
                sending.cancel()
            watching.cancel()
        await self.upload(self.oracle.sent, patience_s=60)

    async def acknowledged(self, after: int, patience_s: float = 60) -> None:
        """Until the agent has acknowledged more than so many ids."""
        async with asyncio.timeout(patience_s):
            while len(self.oracle.acked) <= after:
                await asyncio.sleep(0.02)

    async def holds(self, time_ms: int) -> bool:
        """Whether the API gives the reading of an instant."""
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
        bounds = {"from": moment.isoformat(), "to": (moment + timedelta(milliseconds=1)).isoformat()}
        path = f"/api/v1/datastreams/{quote(self.keys[0], safe='')}/readings"
        return bool((await self.installation.get(path, **bounds))["items"])

    async def until_status(self, holds: Callable[[dict[str, Any]], bool], patience_s: float = 60) -> dict[str, Any]:
        """The first status of the agent that runs now of which something holds."""
        async with asyncio.timeout(patience_s):
            while True:
                status = self.gauges.look()
                current = status and self.edge.running and status["process"] == self.edge.running.pid
                if current and holds(status):
                    return status
                await asyncio.sleep(0.1)

    async def settled(self, patience_s: float = 60) -> float:
        """Seconds until the cloud holds all that the agent took: its spool waits for nothing more."""
        began, began_ms = time.monotonic(), now_ms()
        while time.monotonic() - began < patience_s:
            status = self.gauges.look()
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
        verdict.conflicts = round(await installation.metric("yz_ingest_readings_conflicting_total"))
        status = self.gauges.look()["spool"]
        verdict.corrupt_skipped, verdict.torn = status["corrupt_skipped"], status["torn"]
        verdict.peak_rss_mb = round(self.gauges.peak_rss_mb, 1)
        verdict.peak_spool_bytes, verdict.fsyncs = self.gauges.peak_spool_bytes, self.gauges.total("syncs")
        return verdict


def assert_nothing_lost(verdict: Verdict) -> None:
    print(verdict.told())
    assert verdict.acked > 0
    assert verdict.lost == 0, verdict.told()
    assert verdict.duplicates_stored == 0, verdict.told()
    assert verdict.mismatches == 0, verdict.told()
    assert verdict.invented == 0, verdict.told()
