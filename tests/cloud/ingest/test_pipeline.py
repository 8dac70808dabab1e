import asyncio
import sqlite3
from typing import Any

import duckdb
import numpy as np
import pytest
from sqlalchemy.exc import OperationalError

from cloud.ingest import backlog
from cloud.ingest import pipeline as module
from cloud.ingest.parcel import Source
from cloud.store.port import Columns
from protocols.vocabulary import Point, Reading
from tests.cloud.ingest.harness import EPOCH, NOW, Ingest, ph


class Failing:
    """Puts itself in place of a method: fails so many times, perhaps after it has done its work."""

    def __init__(self, owner: Any, name: str, error: Exception, times: int, *, afterwards: bool = False) -> None:
        self.calls = 0
        self._real = getattr(owner, name)
        self._error, self._times, self._afterwards = error, times, afterwards
        setattr(owner, name, self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.calls <= self._times:
            if self._afterwards:
                self._real(*args, **kwargs)
            raise self._error
        return self._real(*args, **kwargs)


LOCKED = OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))
DOWN = duckdb.IOException("disk full")


async def settled(ingest: Ingest, payloads: list[bytes]) -> None:
    async with ingest.running() as pipeline:
        for payload in payloads:
            pipeline.receive(ingest.parcel(payload))
        await ingest.until(lambda: len(ingest.settled) >= len(payloads))


async def test_many_parcels_share_a_commit(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await settled(ingest, [ingest.envelope(n, [ph(neuron, NOW + n, float(n))]) for n in range(50)])
    assert ingest.pipeline.counts.commits <= 2
    assert ingest.held()[-1] == (0, 49)
    assert len(ingest.stored(neuron)) == 50


@pytest.mark.parametrize("afterwards", [False, True])
async def test_a_commit_that_fails_is_tried_again_and_settles_nothing_before(ingest: Ingest, afterwards: bool) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    failing = Failing(ingest.store, "commit", DOWN, 3, afterwards=afterwards)
    async with ingest.running() as pipeline:
        for n in range(5):
            pipeline.receive(ingest.parcel(ingest.envelope(n, [ph(neuron, NOW + n, float(n))])))
        while failing.calls < 3:
            assert (ingest.settled, ingest.answers, ingest.committed) == ([], [], [])
            ingest.clock.advance(0.5)
            await asyncio.sleep(0.002)
        await ingest.until(lambda: len(ingest.settled) == 5)
    assert ingest.stored(neuron) == [(NOW + n, float(n)) for n in range(5)]
    assert ingest.held() == [(0, 4)]
    assert ingest.pipeline.counts.commit_failures == 3
    assert [len(c) for c in ingest.committed] == [1] * 5


async def test_an_error_of_ours_in_a_commit_is_told_and_ends_nothing(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    failing = Failing(ingest.store, "commit", ValueError("assignment destination is read-only"), 2)
    async with ingest.running() as pipeline:
        pipeline.receive(ingest.parcel(ingest.envelope(0, [ph(neuron, NOW, 7.5)])))
        while failing.calls < 2:
            await asyncio.sleep(0.002)
            ingest.clock.advance(0.5)
        assert pipeline.trouble() == "assignment destination is read-only"
        await ingest.until(lambda: len(ingest.settled) == 1)
        assert pipeline.trouble() is None
    assert ingest.stored(neuron) == [(NOW, 7.5)]


async def test_quarantine_is_written_before_anything_is_acknowledged(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    failing = Failing(ingest.pipeline, "_register", LOCKED, 2)
    commits = Failing(ingest.store, "commit", DOWN, 2)
    await settled(ingest, [ingest.envelope(0, [ph("mn:NOBODY", NOW, 1.0), ph(neuron, NOW, 7.5)])])
    assert (failing.calls, commits.calls) == (3, 3)
    (suspect,) = ingest.quarantined()
    assert suspect.times == 1  # tried again five times in all, counted once
    assert ingest.stored(neuron) == [(NOW, 7.5)]
    assert ingest.held() == [(0, 0)]


async def test_conflicting_readings_are_in_quarantine_before_the_ledger_holds_their_envelope(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await settled(ingest, [ingest.envelope(0, [ph(neuron, NOW, 7.5)])])
    ingest.settled.clear()
    Failing(ingest.pipeline, "_register", LOCKED, 2)
    other = ingest.envelope(1, [ph(neuron, NOW, 8.5), ph(neuron, NOW + 1, 1.0)])
    fresh = ingest.envelope(2, [Reading(Point(neuron, "orp"), NOW, 1.0)])
    await settled(ingest, [other, fresh])
    assert ingest.stored(neuron) == [(NOW, 7.5), (NOW + 1, 1.0)]
    assert ingest.stored(neuron, "orp") == [(NOW, 1.0)]  # once, though its commit was tried three times
    (suspect,) = ingest.quarantined("conflict")
    assert (suspect.times, b"8.5" in suspect.suspect.payload) == (1, True)
    latest = ingest.latest.snapshot(np.array([ingest.number(neuron)], np.int32))
    assert (latest.time.tolist(), latest.value.tolist()) == ([NOW + 1], [1.0])


async def test_late_readings_are_stored_once_at_their_time_and_latest_stays(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await settled(ingest, [ingest.envelope(9, [ph(neuron, NOW, 1.0)])])
    month_ago = NOW - 30 * 86_400_000
    late = [ph(neuron, month_ago + n, float(n)) for n in (3, 1, 2, 1)]
    await settled(ingest, [ingest.envelope(3, late, late=True), ingest.envelope(4, late[:2], late=True)])
    assert ingest.stored(neuron) == [(month_ago + n, float(n)) for n in (1, 2, 3)] + [(NOW, 1.0)]
    assert ingest.latest.everything().time.tolist() == [NOW]
    assert ingest.pipeline.counts.readings_duplicate == 3
    assert sum(len(c) for c in ingest.committed) == 4  # listeners hear of what was stored, and of it once


async def test_a_crash_in_a_reader_concerns_its_parcel_alone(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    poison = ingest.envelope(500, [ph(neuron, NOW, 1.0)])
    real = module.Pipeline._sort_in
    reading = ingest.reader.read

    def read(parcel: Any, into: Any) -> Any:
        if parcel.payload == poison:
            raise ZeroDivisionError("in a handler")
        return reading(parcel, into)

    monkeypatch.setattr(ingest.reader, "read", read)
    payloads = [ingest.envelope(n, [ph(neuron, NOW + n, 1.0)]) for n in range(1000)]
    payloads[500] = poison
    await settled(ingest, payloads)
    assert len(ingest.stored(neuron)) == 999
    (suspect,) = ingest.quarantined()
    assert (suspect.suspect.reason, suspect.suspect.payload) == ("crashed", poison)
    assert ingest.ledger._pending == {}
    assert real is module.Pipeline._sort_in


@pytest.mark.parametrize("where", ["reader.read_body", "opened.decode_alike"])
async def test_what_only_crashed_is_not_called_held(
    ingest: Ingest, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    payload = ingest.envelope(0, [ph(neuron, NOW, 1.0)])
    monkeypatch.setattr(f"cloud.ingest.{where}", lambda *_: 1 / 0)
    await settled(ingest, [payload])
    monkeypatch.undo()
    assert ingest.held() == [(0, 0)]  # in quarantine with its bytes, so its sender may forget it
    (suspect,) = ingest.quarantined("crashed")
    async with ingest.running() as pipeline:
        report, prepared = await pipeline.replay(ingest.parcel(suspect.suspect.payload, source=Source.REPLAY))
    assert (report.stored, prepared.suspects) == (1, [])
    assert ingest.stored(neuron) == [(NOW, 1.0)]


@pytest.mark.parametrize("error", [LOCKED, DOWN])
async def test_while_the_registry_cannot_be_asked_parcels_wait(
    ingest: Ingest, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    resolver = ingest.reader._resolver
    failing = Failing(resolver, "resolve", error, 7)
    monkeypatch.setattr(ingest.pipeline, "_reachable", lambda: failing.calls >= 7)
    await settled(ingest, [ingest.envelope(n, [ph(neuron, NOW + n, 1.0)]) for n in range(5)])
    assert len(ingest.stored(neuron)) == 5
    assert ingest.quarantined() == []
    assert ingest.held()[-1] == (0, 4)
    assert ingest.ledger._pending == {}


async def test_a_parcel_that_only_fails_itself_does_not_wait_for_ever(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    Failing(ingest.reader._resolver, "resolve", LOCKED, 2)
    await settled(ingest, [ingest.envelope(n, [ph(neuron, NOW + n, 1.0)]) for n in range(2)])
    assert [one.suspect.reason for one in ingest.quarantined()] == ["crashed"]
    assert len(ingest.stored(neuron)) == 1
    assert ingest.held()[-1] == (0, 1)


async def test_at_the_bound_the_broker_is_held_back_and_released_at_half_of_it(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MAX_PARCELS", 40)
    ingest.gateway()
    neuron = ingest.neuron()
    failing = Failing(ingest.store, "commit", DOWN, 3)
    async with ingest.running() as pipeline:
        for n in range(39):
            pipeline.receive(ingest.parcel(ingest.envelope(n, [ph(neuron, NOW + n, 1.0)])))
        assert ingest.holds == []
        for n in range(39, 60):
            pipeline.receive(ingest.parcel(ingest.envelope(n, [ph(neuron, NOW + n, 1.0)])))
        assert ingest.holds == [True]
        await ingest.until(lambda: failing.calls >= 1)
        await ingest.until(lambda: len(ingest.settled) == 60)
        assert ingest.holds == [True, False]
        assert pipeline.waiting == 0
    assert len(ingest.stored(neuron)) == 60


async def test_a_flood_without_readings_is_committed_in_bounded_parts(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MAX_PARCELS", 40)
    monkeypatch.setattr(module, "PARCELS_PER_COMMIT", 40)
    sent = 0

    def flood(parcel: Any, into: Any) -> None:
        nonlocal sent
        sent += 1
        if sent < 2000:  # as fast as they are decoded the next ones come
            ingest.pipeline.receive(ingest.parcel(b"x"))

    monkeypatch.setattr(ingest.reader, "read", flood)
    largest = 0
    real = ingest.pipeline._write

    def write(prepared: Any, *, again: bool) -> Any:
        nonlocal largest
        largest = max(largest, len(prepared.parcels))
        return real(prepared, again=again)

    monkeypatch.setattr(ingest.pipeline, "_write", write)
    await settled(ingest, [b"x"] * 5)
    async with ingest.running():
        await ingest.until(lambda: ingest.pipeline.counts.parcels >= 2000)
    assert largest <= 40 + module._BREATH


async def test_a_direct_write_does_not_overtake_what_was_decoded_before_it(ingest: Ingest) -> None:
    """An uplink and somebody's HTTP write bring the same readings: whichever is first, each is stored once."""
    ingest.gateway()
    neuron = ingest.neuron()
    times = list(range(NOW - 200, NOW))
    direct = Columns(
        np.full(200, ingest.number(neuron), np.int32), np.array(times), np.ones(200), np.ones(200, np.uint8),
        np.zeros(200, np.uint32),
    )  # fmt: skip
    async with ingest.running() as pipeline:
        for n, time in enumerate(times):
            pipeline.receive(ingest.parcel(ingest.envelope(n, [ph(neuron, time, 1.0)])))
        while pipeline.counts.parcels < 100:  # in the middle of a commit's worth
            await asyncio.sleep(0)
        assert pipeline.waiting
        report = await pipeline.write(direct)
        await ingest.until(lambda: len(ingest.settled) == 200)
    assert [time for time, _ in ingest.stored(neuron)] == times
    assert (report.stored, report.duplicates) == (0, 200)


async def test_after_a_restart_it_goes_on_where_it_stopped(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await settled(ingest, [ingest.envelope(n, [ph(neuron, NOW + n, float(n))]) for n in range(3)])
    ingest.close()
    ingest.open()
    ingest.settled.clear()
    latest = ingest.latest.everything()
    assert (latest.time.tolist(), latest.value.tolist()) == ([NOW + 2], [2.0])
    await settled(
        ingest, [ingest.envelope(n, [ph(neuron, NOW + n, float(n))], epoch=EPOCH + (n > 2)) for n in range(1, 5)]
    )
    assert ingest.stored(neuron) == [(NOW + n, float(n)) for n in range(5)]
    assert ingest.reader.duplicates == 2


async def test_an_envelope_of_long_ago_comes_again_and_nothing_is_there_twice(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    sent = [ingest.envelope(n, [ph(neuron, NOW + n, float(n))]) for n in range(9)]
    await settled(ingest, sent)
    ingest.store._catalog.fold(4)
    ingest.close()
    ingest.open()
    other = ingest.envelope(1, [ph(neuron, NOW + 1, 7.5), ph(neuron, NOW + 100, 8.5)])
    await ingest.take(sent[0], other, sent[8])
    assert ingest.stored(neuron) == [*((NOW + n, float(n)) for n in range(9)), (NOW + 100, 8.5)]
    assert ingest.held()[-1] == (0, 8)
    assert (ingest.pipeline.counts.readings_duplicate, ingest.reader.duplicates) == (1, 1)
    assert [one.suspect.reason for one in ingest.quarantined()] == ["conflict"]
