"""The long run: all faults drawn at random, seeded, for SOAK_MINUTES; figures as JSON (``make soak``)."""

import asyncio
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.system.processes import Installation
from tests.system.proxy import Proxy
from tests.system.run import GATEWAY, Run, assert_nothing_lost

pytestmark = pytest.mark.soak
MINUTES = float(os.environ.get("SOAK_MINUTES", "6"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
IDS_PER_MINUTE = 1500


async def test_soak(installation: Installation) -> None:
    chance = random.Random(SEED)
    cutting = False
    ids = int(MINUTES * IDS_PER_MINUTE)
    async with Proxy(installation.mqtt_port, cut_after_publish=lambda _: cutting and chance.random() < 0.1) as proxy:
        run = await Run.prepare(installation, ids=ids, seed=SEED, mqtt_port=proxy.port)
        counts: dict[str, int] = {}
        peak_kb = 0

        async def kill_agent() -> None:
            run.edge.kill()
            run.edge.start()

        async def kill_cloud() -> None:
            installation.cloud.kill()
            await installation.start_cloud()

        async def kill_broker() -> None:
            installation.kill_broker()
            await asyncio.sleep(1)
            await installation.cloud_ready()

        async def empty_broker() -> None:
            shutil.rmtree(installation.folder / "broker" / "jetstream", ignore_errors=True)
            await kill_broker()

        async def freeze_broker() -> None:
            number = installation.broker_process()
            os.kill(number, signal.SIGSTOP)
            await asyncio.sleep(chance.uniform(1, 8))
            os.kill(number, signal.SIGCONT)

        async def cut_line() -> None:
            nonlocal cutting
            cutting = True
            await asyncio.sleep(chance.uniform(1, 5))
            cutting = False

        faults = (kill_agent, kill_cloud, kill_broker, empty_broker, freeze_broker, cut_line)

        async def act() -> None:
            nonlocal peak_kb
            until = time.monotonic() + MINUTES * 60
            while time.monotonic() < until and len(run.oracle.acked) < ids:
                await asyncio.sleep(chance.uniform(1, 4))
                fault = chance.choice(faults)
                counts[fault.__name__] = counts.get(fault.__name__, 0) + 1
                await fault()
                assert installation.cloud.running
                peak_kb = max(peak_kb, _rss_kb(installation.cloud.running.pid))

        print(f"seed {SEED}, {MINUTES} minutes, {ids} ids of 3 readings", flush=True)
        began = time.monotonic()
        await run.upload(ids, act, patience_s=MINUTES * 60 * 3 + 120)
        t_drain_s = await run.settled(patience_s=300)
        verdict = await run.verdict()
        verdict.kills = counts.get("kill_agent", 0) + counts.get("kill_cloud", 0)
        verdict.notes = {
            "seed": SEED,
            "faults": counts,
            "cuts": proxy.cuts,
            "seconds": round(time.monotonic() - began, 1),
            "t_drain_s": round(t_drain_s, 1),
            "cloud_peak_rss_mb": round(peak_kb / 1024),
            "spool": installation.edge_status(GATEWAY)["spool"],
        }
        assert_nothing_lost(verdict)


def _rss_kb(process: int) -> int:
    with Path(f"/proc/{process}/status").open() as status:
        return int(status.read().split("VmRSS:")[1].split()[0])
