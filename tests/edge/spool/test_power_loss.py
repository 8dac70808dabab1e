"""F02, F03: the power is cut at any step; what commit had promised is there afterwards."""

import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.spool.record import RecordKey
from edge.spool.spool import Spool
from protocols.vocabulary import ManualClock
from protocols.vocabulary.ranges import RangeSet
from tests.edge.spool.disk import PowerCut, PowerDisk, abandon, drain, opened, payload_of


class PowerLoss(RuleBasedStateMachine):
    """Commits, acknowledgements and saves, with cuts within and between them; the disk is found in any legal state."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock(5000)  # a gateway without a clock of its own boots in 1970, every time
        self.no_chance = patch("edge.spool.spool.secrets.randbits", return_value=7)
        self.no_chance.start()
        self.disk = PowerDisk()
        self.promised: set[RecordKey] = set()
        self.attempted: set[RecordKey] = set()
        self.retired: set[RecordKey] = set()
        self.epochs: list[int] = []
        self.spool = self.start()

    def start(self) -> Spool:
        spool = opened(Path(self.folder.name), self.clock, segment_bytes=700, keep_bytes=1 << 20, files=self.disk)
        self.epochs.append(spool.epoch)
        return spool

    def cut(self, seed: int, again_after: int | None) -> None:
        """Off and on; perhaps off once more while it starts."""
        rng = Random(seed)
        with suppress(AttributeError, AssertionError):
            abandon(self.spool)
        self.disk = self.disk.after_the_cut(rng)
        self.disk.calls_left = again_after
        try:
            self.spool = self.start()
        except PowerCut:
            self.disk = self.disk.after_the_cut(rng)
            self.spool = self.start()
        self.disk.calls_left = None

    @rule(
        count=st.integers(1, 5),
        cut_after=st.none() | st.integers(0, 30),
        seed=st.integers(0, 10**6),
        again=st.none() | st.integers(0, 6),
    )
    def commit(self, count: int, cut_after: int | None, seed: int, again: int | None) -> None:
        keys = [self.spool.allocate(1) for _ in range(count)]
        self.attempted.update(keys)
        self.disk.calls_left = cut_after
        try:
            self.spool.commit([(key, payload_of(key)) for key in keys])
        except PowerCut:
            self.cut(seed, again)
        else:
            self.promised.update(keys)
        self.disk.calls_left = None

    @rule(
        share=st.floats(0, 1), cut_after=st.none() | st.integers(0, 8), seed=st.integers(0, 10**6), save=st.booleans()
    )
    def acknowledge(self, share: float, cut_after: int | None, seed: int, save: bool) -> None:
        held = sorted(self.promised)[: round(len(self.promised) * share)]
        self.disk.calls_left = cut_after
        try:
            for key in held:
                self.retired.add(key)
                self.promised.discard(key)
                self.spool.retire(key.stream, key.epoch, [(key.sequence, key.sequence)])
            if save:
                self.spool.save()
        except PowerCut:
            self.cut(seed, None)
        self.disk.calls_left = None

    @rule(share=st.floats(0, 1), cut_after=st.none() | st.integers(0, 20), seed=st.integers(0, 10**6))
    def the_cloud_is_restored(self, share: float, cut_after: int | None, seed: int) -> None:
        """From a backup with a share of what it had acknowledged; it asks until it is answered."""
        ordered = sorted(self.retired)
        held: dict[tuple[int, int], RangeSet] = {}
        for key in ordered[: round(len(ordered) * share)]:
            held.setdefault((key.stream, key.epoch), RangeSet()).add(key.sequence)
        self.disk.calls_left = cut_after
        try:
            self.spool.send_again(held)
        except PowerCut:
            self.cut(seed, None)
            self.spool.send_again(held)
        self.disk.calls_left = None
        self.spool.rewind()
        lost = {key for key in ordered if key.sequence not in held.get((key.stream, key.epoch), ())}
        self.promised |= lost
        self.retired -= lost

    @rule(count=st.integers(1, 10))
    def read_some(self, count: int) -> None:
        for _ in range(count):
            found = self.spool.next_backlog(lambda _: False)
            if found is None:
                return
            assert found.payload == payload_of(found.key)
            assert found.key in self.attempted

    @rule(seed=st.integers(0, 10**6), again=st.none() | st.integers(0, 6))
    def power_cut(self, seed: int, again: int | None) -> None:
        self.cut(seed, again)

    @rule()
    def stop_and_start(self) -> None:
        self.spool.__exit__()
        self.spool = self.start()

    @rule(seed=st.integers(0, 10**6))
    def everything_promised_is_there(self, seed: int) -> None:
        self.cut(seed, None)
        there = drain(self.spool)
        assert len(there) == len(set(there)), "twice"
        assert self.promised <= set(there)
        assert set(there) <= self.attempted

    @invariant()
    def no_epoch_is_used_twice(self) -> None:
        assert len(set(self.epochs)) == len(self.epochs)

    def teardown(self) -> None:
        self.everything_promised_is_there(len(self.attempted))
        self.spool.__exit__()
        self.folder.cleanup()
        self.no_chance.stop()


TestPowerLoss = PowerLoss.TestCase
TestPowerLoss.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
