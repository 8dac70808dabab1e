"""F26, back-pressure: a store that takes its time and senders that bring ten times as much."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cloud.ingest import backlog as module
from cloud.ingest import pipeline as pipeline_module
from cloud.ingest.backlog import Backlog
from cloud.ingest.parcel import Parcel, Source
from tests.cloud.ingest.harness import EPOCH, NOW, Ingest, ph

BOUND = 4000


def parcel(size: int) -> Parcel:
    return Parcel(Source.ENVELOPE, "gw-1", "t", bytes(size), lambda: None)


def test_bytes_hold_back_as_numbers_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    holds: list[bool] = []
    backlog = Backlog(holds.append)
    for _ in range(9):
        backlog.add(parcel(100))
    assert (holds, backlog.bytes) == ([], 900)
    backlog.add(parcel(100))
    backlog.add(parcel(500))  # was on its way
    assert (holds, backlog.bytes, backlog.holds) == ([True], 1500, 1)
    for _ in range(10):
        backlog.drop_first()
        backlog.relieve()
    assert (holds, backlog.bytes) == ([True], 500)
    backlog.drop_first()
    backlog.relieve()
    assert (holds, len(backlog), backlog.bytes) == ([True, False], 0, 0)


class SlowStore:
    """A store whose commits begin and then take until they are let through."""

    def __init__(self, store: Any) -> None:
        self.begun = 0
        self._gate = threading.Semaphore(0)
        self._real = store.commit
        store.commit = self._commit

    def _commit(self, *args: Any, **kwargs: Any) -> Any:
        self.begun += 1
        assert self._gate.acquire(timeout=30)
        return self._real(*args, **kwargs)

    def let_through(self, commits: int) -> None:
        self._gate.release(commits)


class Flood:
    """A broker with more than ingest can take: it stops while it is held back, and keeps what is not settled."""

    def __init__(self, ingest: Ingest, payloads: list[bytes]) -> None:
        self.largest = 0
        self._ingest = ingest
        self._payloads = deque(payloads)
        self._held = False
        ingest.pipeline.backlog._hold = self._hold

    def _hold(self, back: bool) -> None:
        self._held = back
        self._ingest.holds.append(back)

    def press(self) -> None:
        while self._payloads and not self._held:
            self._ingest.pipeline.receive(self._ingest.parcel(self._payloads.popleft()))
            self.largest = max(self.largest, self._ingest.pipeline.backlog.bytes)


@contextmanager
def small_bounds() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_BYTES", BOUND)
        patch.setattr(pipeline_module, "BYTES_PER_COMMIT", BOUND // 4)
        yield


async def test_f26_a_flood_on_a_slow_store_slows_down_and_loses_nothing(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    payloads = [ingest.envelope(n, [ph(neuron, NOW + n, n)]) for n in range(10 * BOUND // 150)]
    with small_bounds():
        store, flood = SlowStore(ingest.store), Flood(ingest, payloads)
        async with ingest.running() as pipeline:
            flood.press()
            await ingest.until(lambda: store.begun)
            ingest.clock.advance(5)
            in_hand = pipeline.counts.parcels
            for _ in range(20):  # nothing moves while the store does not
                flood.press()
                await ingest.until(lambda: True)
            assert not ingest.settled
            assert not ingest.answers
            assert pipeline.counts.parcels <= in_hand + 3 * (BOUND // 4 // 100 + pipeline_module._BREATH)
            await ingest.until(lambda: not flood.press() and pipeline.backlog.held_back, turn_clock=False)
            assert "a commit has taken" in (pipeline.trouble() or "")
            store.let_through(10_000)
            await ingest.until(lambda: not flood.press() and len(ingest.settled) == len(payloads))
            assert pipeline.trouble() is None
    assert flood.largest < BOUND + len(max(payloads, key=len))
    assert ingest.holds[:2] == [True, False]
    assert ingest.pipeline.backlog.bytes == 0
    assert [value for _, value in ingest.stored(neuron)] == list(range(len(payloads)))
    assert ingest.store.held() == {("gw-1", 1, EPOCH): [(0, len(payloads) - 1)]}
