import asyncio

from protocols.vocabulary import ManualClock


async def test_sleepers_wake_when_the_clock_passes_them() -> None:
    clock = ManualClock(1000)
    woken: list[float] = []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    async with asyncio.TaskGroup() as group:
        for seconds in (3.0, 1.0, 0.0, -1.0):
            group.create_task(sleeper(seconds))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert sorted(woken) == [-1.0, 0.0]
        clock.advance(1.0)
        await asyncio.sleep(0)
        assert 1.0 in woken
        assert 3.0 not in woken
        clock.step_wall(-500)
        assert (clock.now_ms(), clock.monotonic_s()) == (1000 + 1000 - 500_000, 1.0)
        clock.advance(2.0)
    assert 3.0 in woken
