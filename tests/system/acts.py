"""What faults do to a run, as often as a test wants it; the short tests and the long ones share them."""

import asyncio
import os
import signal
import time
from collections.abc import Callable

from tests.system.run import Run


async def kill_and_recover(run: Run, kills: int, pause_s: tuple[float, float]) -> tuple[set[int], list[float]]:
    """F01: kill -9 at random points under load; gives the epochs that were used and how long each recovery took."""
    epochs: set[int] = set()
    recoveries: list[float] = []
    for _ in range(kills):
        await asyncio.sleep(run.random.uniform(*pause_s))
        status = await run.until_status(lambda _: True)  # on a busy machine it has not even started yet
        run.edge.kill()
        epochs.add(status["epoch"])
        run.edge.start()
        before, began = len(run.oracle.acked), time.monotonic()
        await run.acknowledged(before)
        recoveries.append(time.monotonic() - began)
    return epochs, recoveries


async def freeze_broker(run: Run, seconds: float | None) -> tuple[float, float]:
    """F17: the broker is stopped and its connections stay open.

    :param seconds: for how long; None: until the agent has noticed.
    :returns: after how many seconds the agent had noticed, and after how many from the end it was connected again.
    """
    await run.until_status(lambda status: bool(status["uplink"]["connected"]))
    number = run.installation.broker_process()
    began = time.monotonic()
    os.kill(number, signal.SIGSTOP)
    try:
        await run.until_status(lambda status: not status["uplink"]["connected"], patience_s=120)
        noticed_s = time.monotonic() - began
        if seconds is not None:
            await asyncio.sleep(began + seconds - time.monotonic())
    finally:
        os.kill(number, signal.SIGCONT)
    began = time.monotonic()
    await run.until_status(lambda status: bool(status["uplink"]["connected"]), patience_s=360)
    return noticed_s, time.monotonic() - began


async def live_delays(run: Run, count: int, drained: Callable[[], bool], pause_s: float) -> list[float]:
    """F10: from an id's acknowledgement by the agent to its being in the cloud, one id after the other.

    Ends after ``count`` ids, or when the backlog is drained.
    """
    delays: list[float] = []
    while len(delays) < count and not drained():
        await run.acknowledged(len(run.oracle.acked))
        time_ms, began = run.oracle.time_of(max(run.oracle.acked)), time.monotonic()
        async with asyncio.timeout(120):
            while not await run.holds(time_ms):
                await asyncio.sleep(0.05)
        delays.append(time.monotonic() - began)
        await asyncio.sleep(pause_s)
    return delays
