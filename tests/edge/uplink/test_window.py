import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.spool.gather import Sealed
from edge.spool.record import RecordKey
from edge.spool.spool import Spool
from edge.uplink import window as module
from edge.uplink.window import LATE_AFTER_S, LIVE_QUEUE, RESEND_CAP_S, Outgoing, Window
from tests.edge.spool.disk import abandon, opened, payload_of, write


def sealed(key: RecordKey, at_s: float = 0.0, *, on_disk: bool = True) -> Sealed:
    return Sealed(key, payload_of(key), at_s, on_disk)


class Model(RuleBasedStateMachine):
    """A spool and a window, and what a plain list of sendings says about them."""

    SIZE = 5

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.short_lane = patch.object(module, "LIVE_QUEUE", 3)
        self.short_lane.start()
        self.now_s = 0.0
        self.written: set[RecordKey] = set()
        self.acknowledged: set[RecordKey] = set()
        self.begin()

    def begin(self) -> None:
        self.spool = opened(Path(self.folder.name), segment_bytes=400)
        self.window = Window(self.spool, self.SIZE)
        self.to_offer: list[Sealed] = []
        self.sealed_s: dict[RecordKey, float] = {}
        self.sent: dict[RecordKey, list[float]] = {}
        """When, since the last reconnect."""
        self.ever_sent: set[RecordKey] = set()

    @rule(count=st.integers(1, 6))
    def commit(self, count: int) -> None:
        """The thread wrote records; the loop does not know it yet."""
        for key in write(self.spool, count):
            self.written.add(key)
            self.sealed_s[key] = self.now_s
            self.to_offer.append(sealed(key, self.now_s))

    @rule()
    def offer(self) -> None:
        for one in self.to_offer:
            self.window.offer(one)
        self.to_offer.clear()

    @rule(count=st.integers(1, 8))
    def send(self, count: int) -> None:
        for _ in range(count):
            outgoing = self.window.next(self.now_s)
            if outgoing is not None:
                self.check(outgoing)

    def check(self, outgoing: Outgoing) -> None:
        key = outgoing.key
        assert outgoing.payload == payload_of(key)
        assert key in self.written - self.acknowledged
        assert key not in {one.key for one in self.to_offer}, "sent before it was offered"
        before = self.sent.get(key, [])
        if outgoing.resend:
            assert key in self.ever_sent
            if before:
                assert self.now_s >= before[-1] + min(RESEND_CAP_S, 10 * 2 ** (len(before) - 1))
        else:
            assert key not in self.ever_sent, "sent twice"
            if outgoing.late and key not in self.sealed_s:
                assert self.window.waiting == 0, "backlog before live"
        if key not in self.sealed_s or self.now_s - self.sealed_s[key] > LATE_AFTER_S:
            assert outgoing.late
        self.sent.setdefault(key, []).append(self.now_s)
        self.ever_sent.add(key)

    @rule(share=st.floats(0, 1), foreign=st.booleans())
    def acknowledge(self, share: float, foreign: bool) -> None:
        flying = sorted(self.ever_sent - self.acknowledged)
        for key in flying[: round(len(flying) * share)]:
            self.acknowledged.add(key)
            assert self.window.acknowledged(1, key.epoch, [(key.sequence, key.sequence)]) == 1
        if foreign:
            assert self.window.acknowledged(1, 12345, [(0, 2**32 - 1)]) == 0

    @rule(seconds=st.sampled_from([0.5, 9.9, 10.0, 20.0, 61.0, 3600.0]))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def reconnect(self) -> None:
        self.window.reconnected(self.now_s)
        self.sent.clear()

    @rule()
    def restart(self) -> None:
        self.spool.save()
        abandon(self.spool)
        self.begin()

    @invariant()
    def bounded(self) -> None:
        assert self.window.in_flight <= self.SIZE
        assert self.window.waiting <= 3
        assert self.window.in_flight == len(self.ever_sent - self.acknowledged)
        due_s = self.window.next_due_s()
        assert (due_s is None) == (self.window.in_flight == 0)

    def teardown(self) -> None:
        """The line is good from now on: everything arrives, and nothing is sent twice for it."""
        self.offer()
        for _ in range(3 * len(self.written) + 3):
            self.now_s += 3600.0
            self.send(self.SIZE)
            self.acknowledge(1.0, foreign=False)
        assert self.acknowledged == self.written
        assert self.window.next(self.now_s) is None
        self.spool.__exit__()
        self.folder.cleanup()
        self.short_lane.stop()


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return opened(tmp_path)


def test_a_window_without_room_gives_nothing_until_something_is_acknowledged(spool: Spool) -> None:
    window = Window(spool, 2)
    keys = write(spool, 4)
    for key in keys:
        window.offer(sealed(key))
    assert [out.key for out in (window.next(0), window.next(0)) if out] == keys[:2]
    assert window.next(0) is None
    assert window.acknowledged(1, spool.epoch, [(0, 0)]) == 1
    out = window.next(1)
    assert out is not None
    assert (out.key, out.late, out.resend) == (keys[2], False, False)


def test_resends_grow_apart_up_to_a_minute_for_ever(spool: Spool) -> None:
    window = Window(spool)
    window.offer(sealed(write(spool, 1)[0]))
    assert window.next(0) is not None
    now, gaps = 0.0, []
    for _ in range(1500):
        due = window.next_due_s()
        assert due is not None
        assert window.next(due - 0.001) is None
        out = window.next(due)
        assert out is not None
        assert out.resend
        assert out.late == (due > LATE_AFTER_S)
        gaps.append(due - now)
        now = due
    assert gaps[:5] == [10, 20, 40, 60, 60]
    assert set(gaps[3:]) == {60}
    assert window.resent == 1500


def test_after_a_reconnect_everything_in_flight_goes_at_once_and_in_order(spool: Spool) -> None:
    window = Window(spool)
    keys = write(spool, 3)
    for key in keys:
        window.offer(sealed(key))
        window.next(0)
    window.reconnected(5)
    assert [out.key for _ in range(3) if (out := window.next(5))] == keys
    assert window.next(5) is None
    assert window.next_due_s() == 15


def test_the_oldest_of_a_full_live_lane_goes_over_to_the_backlog(spool: Spool) -> None:
    window = Window(spool, 1000)
    keys = write(spool, LIVE_QUEUE + 10)
    for key in keys:
        window.offer(sealed(key))
    assert window.overflowed == 10
    sent = [window.next(0) for _ in keys]
    assert [out.key for out in sent if out] == keys[10:] + keys[:10]
    assert [out.late for out in sent if out] == [False] * LIVE_QUEUE + [True] * 10
    assert window.next(0) is None
    assert not window.backlog


def test_events_go_before_readings(spool: Spool) -> None:
    window = Window(spool)
    readings, events = write(spool, 3), write(spool, 2, stream=2)
    for key in (*readings, *events):
        window.offer(sealed(key))
    assert [out.key for _ in range(5) if (out := window.next(0))] == events + readings
    window.acknowledged(2, spool.epoch, [(0, 1)])
    window.acknowledged(1, spool.epoch, [(0, 1)])
    assert window.in_flight == 1


def test_a_stream_does_not_wait_for_the_offers_of_the_other(tmp_path: Path) -> None:
    earlier = opened(tmp_path)
    keys = write(earlier, 1, stream=2) + write(earlier, 1)
    earlier.__exit__()
    spool = opened(tmp_path)
    window = Window(spool)
    (fresh,) = write(spool, 1, stream=2)  # on disk, its offer still on the way
    assert [out.key for _ in range(3) if (out := window.next(0))] == keys
    window.offer(sealed(fresh))
    out = window.next(0)
    assert out is not None
    assert (out.key, out.late) == (fresh, False)
    spool.__exit__()


def test_what_only_memory_held_is_counted_when_the_lane_loses_it(spool: Spool) -> None:
    window = Window(spool)
    for _ in range(LIVE_QUEUE + 3):
        window.offer(sealed(spool.allocate(1), on_disk=False))
    assert spool.counts.dropped_records == 3


def test_a_backlog_that_is_never_acknowledged_leaves_room_for_live_data(tmp_path: Path) -> None:
    earlier = opened(tmp_path)
    write(earlier, 100)
    earlier.__exit__()
    spool = opened(tmp_path)
    window = Window(spool, 8)
    stuck = [window.next(0) for _ in range(20)]
    assert sum(out is not None for out in stuck) == 6
    for second in range(1, 100):
        (key,) = write(spool, 1)
        window.offer(sealed(key, float(second)))
        sent = [out for _ in range(10) if (out := window.next(float(second)))]
        assert [out.key for out in sent if not out.resend] == [key]
        window.acknowledged(1, key.epoch, [(key.sequence, key.sequence)])
    spool.__exit__()


def test_a_window_of_one_still_sends_a_backlog(tmp_path: Path) -> None:
    earlier = opened(tmp_path)
    keys = write(earlier, 3)
    earlier.__exit__()
    spool = opened(tmp_path)
    window = Window(spool, 1)
    for key in keys:
        out = window.next(0)
        assert out is not None
        assert (out.key, out.late) == (key, True)
        window.acknowledged(1, key.epoch, [(key.sequence, key.sequence)])
    assert window.next(0) is None
    spool.__exit__()
