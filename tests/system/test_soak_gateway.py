"""The gateway's faults at their full counts, seeded; figures as JSON (``make soak``, docs/edge/faults.md)."""

import asyncio
import json
import os
import resource
import time
from dataclasses import replace
from statistics import median

import pytest

from protocols.vocabulary import Point
from tests.system.acts import freeze_broker, kill_and_recover, live_delays
from tests.system.backlog import fill
from tests.system.oracle import Oracle, Verdict
from tests.system.processes import Installation, now_ms
from tests.system.run import GATEWAY, Run, assert_nothing_lost

pytestmark = pytest.mark.soak
SEED = int(os.environ.get("SOAK_SEED", "1"))
KILLS = int(os.environ.get("SOAK_KILLS", "200"))
FREEZE_S = float(os.environ.get("SOAK_FREEZE_S", "600"))
DRAIN_HOURS = float(os.environ.get("SOAK_DRAIN_HOURS", "72"))
BACKLOG_DAYS = float(os.environ.get("SOAK_BACKLOG_DAYS", "7"))
RSS_LIMIT_MB = 150
ADDRESS_SPACE = 1 << 30
POLLED = (
    "water_temperature", "ph", "dissolved_oxygen", "turbidity", "conductivity", "salinity", "water_level",
    "water_depth", "water_flow", "orp",
)  # fmt: skip
"""What the gateway polled each second while it was offline: the nominal rate, 10 readings a second."""


async def test_f01_agent_killed_two_hundred_times(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=100_000, seed=SEED)
    found: list[tuple[set[int], list[float]]] = []

    async def kill() -> None:
        found.append(await kill_and_recover(run, KILLS, (0.0, 0.8)))

    began = time.monotonic()
    await run.upload_during(kill, patience_s=30.0 * KILLS)
    seconds = time.monotonic() - began
    t_drain_s = await run.settled(120)
    verdict = await run.verdict()
    ((epochs, recoveries),) = found
    verdict.kills, verdict.t_recover_s, verdict.t_drain_s = run.edge.starts - 1, max(recoveries), t_drain_s
    verdict.arrival_rate = round(verdict.acked / seconds, 1)
    verdict.notes = {"seed": SEED, "median_recover_s": round(median(recoveries), 2), "seconds": round(seconds)}
    assert_nothing_lost(verdict)
    assert verdict.kills == KILLS
    assert len(epochs) == KILLS, "an epoch was used twice"


async def test_f17_broker_stopped_for_ten_minutes(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=12_000, seed=SEED, ahead=4, pause_s=1.0)
    found: list[tuple[float, float]] = []

    async def freeze() -> None:
        await run.acknowledged(20)
        found.append(await freeze_broker(run, FREEZE_S))

    await run.upload_during(freeze, patience_s=FREEZE_S + 600)
    t_drain_s = await run.settled(120)
    verdict = await run.verdict()
    ((t_detect_s, verdict.t_recover_s),) = found
    verdict.t_drain_s = t_drain_s
    verdict.notes = {"seed": SEED, "t_detect_s": round(t_detect_s, 1), "frozen_s": FREEZE_S}
    assert_nothing_lost(verdict)
    assert t_detect_s <= 90


async def test_f09_memory_with_seven_days_of_backlog(installation: Installation) -> None:
    """Offline, with an address space of 1 GiB, taking live readings, then draining for half a minute."""
    run, spool_bytes, _ = await _offline(installation, round(BACKLOG_DAYS * 86_400))
    installation.cloud.kill()
    installation.kill_broker()
    run.edge.start()
    assert run.edge.running
    resource.prlimit(run.edge.running.pid, resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    await run.upload(300, patience_s=120)
    offline_mb = run.gauges.peak_rss_mb
    await installation.start_cloud()
    before = (await run.until_status(lambda status: status["spool"]["retired"] > 0, 360))["spool"]["retired"]
    began = time.monotonic()
    await run.upload(330, patience_s=300)
    retired = (await run.until_status(lambda _: True))["spool"]["retired"] - before
    figures = {
        "fault": "F09",
        "backlog_envelopes": round(BACKLOG_DAYS * 86_400),
        "peak_spool_bytes": max(spool_bytes, run.gauges.peak_spool_bytes),
        "peak_rss_offline_mb": round(offline_mb, 1),
        "peak_rss_mb": round(run.gauges.peak_rss_mb, 1),
        "drained_envelopes_per_s": round(retired / (time.monotonic() - began)),
        "restarts": run.edge.starts - 1,
    }
    print(json.dumps(figures))
    assert run.edge.alive
    assert run.gauges.peak_rss_mb <= RSS_LIMIT_MB


async def test_f10_three_days_offline(installation: Installation) -> None:
    run, spool_bytes, kept = await _offline(installation, round(DRAIN_HOURS * 3600))
    run.edge.start()
    drained_s: list[float] = []
    delays: list[float] = []
    began = 0.0

    async def watch() -> None:
        nonlocal began
        await run.until_status(lambda status: status["spool"]["retired"] > 0, 120)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            measuring = group.create_task(live_delays(run, 10_000, lambda: bool(drained_s), 1.0))
            await run.until_status(lambda status: not status["uplink"]["backlog"], 3600)
            drained_s.append(time.monotonic() - began)
        delays.extend(measuring.result())

    await run.upload_during(watch, patience_s=3700)
    await run.settled(120)
    verdict = kept.judge([await installation.stored(key) for key in await _keys(installation)])
    live = await run.verdict()
    verdict.t_drain_s = round(drained_s[0], 1)
    verdict.arrival_rate, verdict.drain_rate = float(len(POLLED)), round(verdict.sent / drained_s[0], 1)
    verdict.notes = {
        "seed": SEED,
        "hours": DRAIN_HOURS,
        "live_ids": len(delays),
        "live_delay_max_s": round(max(delays), 2),
        "live_delay_median_s": round(median(delays), 2),
    }
    both = _and(verdict, live, spool_bytes)
    assert_nothing_lost(both)
    assert max(delays) <= 60
    assert both.drain_rate >= 5 * both.arrival_rate


async def _offline(installation: Installation, seconds: int) -> tuple[Run, int, Oracle]:
    """A gateway that polled ten points each second into its spool; a live station of its own dials in from now on."""
    run = await Run.prepare(installation, ids=1200, seed=SEED, start=False, ahead=1, pause_s=0.4)
    await installation.add_neuron(GATEWAY, POLLED, "mn", "POLLED0001")
    kept = Oracle((now_ms() // 1000 - seconds - 60) * 1000, series=len(POLLED))
    points = [Point("mn:POLLED0001", series) for series in POLLED]
    began = time.monotonic()
    size = fill(installation.folder / GATEWAY / "spool", GATEWAY, points, kept, seconds)
    print(f"{seconds} envelopes, {size:,} bytes, written in {time.monotonic() - began:.0f} s", flush=True)
    return run, size, kept


async def _keys(installation: Installation) -> list[str]:
    listed = await installation.get("/api/v1/neurons", limit=100)
    (neuron,) = (one for one in listed["items"] if {"scheme": "mn", "value": "POLLED0001"} in one["hardware"])
    keys = {stream["key"].split("/")[1]: stream["key"] for stream in neuron["datastreams"]}
    return [keys[name] for name in POLLED]


def _and(backlog: Verdict, live: Verdict, spool_bytes: int) -> Verdict:
    """One verdict of what waited and what was live."""
    sums = ("sent", "acked", "stored", "lost", "unacked_lost", "duplicates_stored", "mismatches", "invented")
    both = {name: getattr(backlog, name) + getattr(live, name) for name in sums}
    kept = ("t_drain_s", "drain_rate", "arrival_rate", "notes")
    both |= {name: getattr(backlog, name) for name in kept}
    return replace(live, **both, peak_spool_bytes=max(spool_bytes, live.peak_spool_bytes))
