"""Report by exception: what goes, what is held back, and when what is held back counts as taken."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.exception_report import ByException, Policy, ReportRow, SourceReportRow, policies
from protocols.vocabulary import Batch, Point, Quality, Reading, Reason
from tests.edge.links.recorder import Recorder

T0 = 1_790_000_000_000
LEVEL, OTHER = Point("serial:1", "water_level"), Point("serial:1", "ph")
POLICY = Policy(0.1, 0.0, 60_000)


def reporter(recorder: Recorder, policy: Policy = POLICY) -> ByException:
    return ByException(recorder, lambda point: policy if point == LEVEL else None)


def level(at_s: float, value: float, quality: Quality = Quality.PASS, reasons: int = 0) -> Reading:
    return Reading(LEVEL, T0 + round(at_s * 1000), value, quality, reasons)


def put(by_exception: ByException, *readings: Reading) -> "asyncio.Future[None]":
    return by_exception.put(Batch.of(readings))


def sent(recorder: Recorder) -> list[float | None]:
    return [reading.value for reading in recorder.readings]


async def test_within_the_deadband_nothing_goes_until_the_silence_is_too_long() -> None:
    recorder = Recorder()
    by_exception = reporter(recorder)
    for at, value in ((0, 1.0), (10, 1.1), (20, 0.95), (30, 1.11), (40, 1.05), (89, 1.1), (90, 1.1), (100, 1.1)):
        put(by_exception, level(at, value))
    assert sent(recorder) == [1.0, 1.11, 1.1]
    assert [r.time for r in recorder.readings] == [T0, T0 + 30_000, T0 + 90_000]
    assert by_exception.status() == {"points": 1, "sent": 3, "held": 5}


async def test_a_deadband_of_the_last_value() -> None:
    recorder = Recorder()
    by_exception = reporter(recorder, Policy(0.0, 0.1, 60_000))
    for at, value in enumerate((100, 110, 90, 111, 100, 99, -99)):
        put(by_exception, level(at, value))
    assert sent(recorder) == [100, 111, 99, -99]


async def test_another_quality_or_reason_always_goes() -> None:
    recorder = Recorder()
    by_exception = reporter(recorder)
    put(by_exception, level(0, 1.0))
    put(by_exception, level(1, 1.0, Quality.SUSPECT, Reason.SPIKE))
    put(by_exception, level(2, 1.0, Quality.SUSPECT, Reason.SPIKE))
    put(by_exception, level(3, 1.0, Quality.SUSPECT, Reason.RATE))
    put(by_exception, Reading.missing(LEVEL, T0 + 4000))
    put(by_exception, Reading.missing(LEVEL, T0 + 5000))
    put(by_exception, level(6, 1.0))
    assert [r.time - T0 for r in recorder.readings] == [0, 1000, 3000, 4000, 6000]


async def test_a_backlog_goes_and_is_no_measure_for_what_is_live() -> None:
    recorder = Recorder()
    by_exception = reporter(recorder)
    put(by_exception, level(100, 1.0))
    put(by_exception, level(10, 1.0), level(20, 1.0), level(100, 5.0))
    put(by_exception, level(101, 1.0))
    put(by_exception, level(10**9, 1.0, Quality.SUSPECT, Reason.CLOCK))
    put(by_exception, level(102, 1.0))
    assert [r.time - T0 for r in recorder.readings] == [100_000, 10_000, 20_000, 100_000, 10**12]


async def test_what_has_no_policy_goes_as_it_came() -> None:
    recorder = Recorder()
    by_exception = reporter(recorder)
    batch = Batch.of([Reading(OTHER, T0, 7.0), Reading(OTHER, T0 + 1, 7.0)])
    by_exception.put(batch)
    assert recorder.batches[0] is batch
    put(by_exception, level(0, 1.0), Reading(OTHER, T0 + 2, 7.0))
    put(by_exception, level(1, 1.0), Reading(OTHER, T0 + 3, 7.0))
    assert sent(recorder) == [7.0, 7.0, 1.0, 7.0, 7.0]
    assert by_exception.status() == {"points": 1, "sent": 1, "held": 1}


async def test_what_is_held_back_is_taken_when_what_stands_for_it_is() -> None:
    recorder = Recorder(durable=False)
    by_exception = reporter(recorder)
    first, held = put(by_exception, level(0, 1.0)), put(by_exception, level(1, 1.0))
    assert not held.done()
    recorder.commit()
    await asyncio.wait_for(asyncio.wait([first, held]), 1)
    assert held.exception() is None
    assert put(by_exception, level(2, 1.0)).done()
    assert len(recorder.batches) == 1


async def test_when_the_disk_refuses_the_same_reading_goes_again() -> None:
    recorder = Recorder(durable=False)
    by_exception = reporter(recorder)
    first, held = put(by_exception, level(0, 1.0)), put(by_exception, level(1, 1.0))
    recorder.fail()
    await asyncio.wait([first, held])
    assert isinstance(first.exception(), OSError)
    assert isinstance(held.exception(), OSError)
    again = put(by_exception, level(1, 1.0))
    assert len(recorder.batches) == 2
    recorder.commit()
    await asyncio.wait_for(again, 1)


async def test_readings_that_wait_for_several_others_wait_for_all() -> None:
    recorder = Recorder(durable=False)
    by_exception = ByException(recorder, lambda _: POLICY)
    put(by_exception, level(0, 1.0))
    put(by_exception, Reading(OTHER, T0, 7.0))
    one, two = recorder._open
    both = put(by_exception, level(1, 1.0), Reading(OTHER, T0 + 1000, 7.0))
    one.set_result(None)
    await asyncio.sleep(0)
    assert not both.done()
    two.set_exception(OSError("disk"))
    two.exception()
    await asyncio.wait([both])
    assert isinstance(both.exception(), OSError)
    again = put(by_exception, level(2, 1.0), Reading(OTHER, T0 + 2000, 7.0))
    assert [r.point for r in recorder.batches[-1].readings()] == [OTHER]  # the level's report had been kept
    assert not again.done()


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(-1, 1), st.sampled_from([1, 3])), min_size=1, max_size=60))
def test_nothing_that_is_news_is_held_back(steps: list[tuple[int, float, int]]) -> None:
    async def run() -> None:
        recorder = Recorder()
        by_exception = reporter(recorder)
        at = 0.0
        for step, value, quality in steps:
            at += step
            reading = level(at, value, Quality(quality))
            put(by_exception, reading)
            last = recorder.readings[-1]
            assert last.quality == reading.quality
            assert abs((last.value or 0) - value) <= POLICY.deadband + 1e-9
            assert reading.time - last.time < POLICY.silence_ms

    asyncio.run(run())


def test_which_row_holds() -> None:
    general = [
        SourceReportRow(observed="ph", deadband=0.1),
        SourceReportRow(observed="ph", deadband=0.2, source="serial:2", channel="a"),
    ]
    of_device = [ReportRow(observed="ph", deadband_percent=5.0, max_silence_s=60.0)]
    policy_of = policies(general, [("serial:3", of_device)])
    assert policy_of(Point("serial:1", "ph")) == Policy(0.1, 0.0, 900_000)
    assert policy_of(Point("serial:2", "ph")) == Policy(0.1, 0.0, 900_000)
    assert policy_of(Point("serial:2", "ph", "a")) == Policy(0.2, 0.0, 900_000)
    assert policy_of(Point("serial:3", "ph")) == Policy(0.0, 0.05, 60_000)
    assert policy_of(Point("serial:1", "orp")) is None


@pytest.mark.parametrize("deadbands", [{}, {"deadband": 1.0, "deadband_percent": 1.0}])
def test_one_deadband(deadbands: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected either deadband or deadband_percent"):
        ReportRow(observed="ph", **deadbands)
