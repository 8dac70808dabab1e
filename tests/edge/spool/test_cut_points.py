"""F02, F03: one busy life of a spool, with the power cut at every step of it; figures as JSON."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import pytest

from edge.spool.record import RecordKey
from edge.spool.spool import Spool
from protocols.vocabulary import ManualClock
from tests.edge.spool.disk import PowerCut, PowerDisk, abandon, drain, opened, payload_of

PER_COMMIT = 3
SEEDS = 2


@dataclass
class Life:
    """What a spool was given; segments roll, acknowledgements and a clock that is set are written down on the way."""

    folder: Path
    disk: PowerDisk
    clock: ManualClock
    promised: set[RecordKey]
    attempted: set[RecordKey]
    last: set[RecordKey]
    spool: Spool | None = None

    def live(self) -> None:
        spool = self.spool = opened(self.folder, self.clock, segment_bytes=500, files=self.disk)
        for commit in range(12):
            keys = [spool.allocate(1) for _ in range(PER_COMMIT)]
            self.attempted.update(keys)
            self.last = set(keys)
            spool.commit([(key, payload_of(key)) for key in keys])
            self.promised.update(keys)
            if commit % 3 == 2:
                self.promised -= {key for key in self.promised if key.sequence < 3 * (commit - 2)}
                spool.retire(1, spool.epoch, [(0, 3 * (commit - 2) - 1)] if commit > 2 else [])
                spool.save()
            if commit == 7:
                self.clock.step_wall(1_790_000_000)
                spool.anchors.look()


@dataclass
class Figures:
    cut_points: int = 0
    sent: int = 0
    acked: int = 0
    lost: int = 0
    unacked_lost: int = 0
    duplicates: int = 0


def test_the_power_is_cut_at_every_step(tmp_path: Path) -> None:
    steps = _steps(tmp_path)
    assert steps >= 50
    figures = Figures()
    for step in range(steps):
        for seed in range(SEEDS):
            life = Life(tmp_path, PowerDisk(), ManualClock(5000), set(), set(), set())
            life.disk.calls_left = step
            with pytest.raises(PowerCut):
                life.live()
            if life.spool is not None:
                with suppress(AssertionError):
                    abandon(life.spool)
            found = opened(tmp_path, life.clock, files=life.disk.after_the_cut(Random(step * SEEDS + seed)))
            there = drain(found)  # without anybody's help, and each content is checked
            missing = life.attempted - set(there)
            figures.cut_points += 1
            figures.sent += len(life.attempted)
            figures.acked += len(life.promised)
            figures.lost += len(life.promised - set(there))
            figures.duplicates += len(there) - len(set(there))
            unpromised = missing & life.last - life.promised
            figures.unacked_lost += len(unpromised)
            assert len(unpromised) <= PER_COMMIT, "more than one group commit"
            assert set(there) <= life.attempted, "never issued"
            found.__exit__()
    print(json.dumps({"fault": "F02, F03", **asdict(figures)}))
    assert (figures.lost, figures.duplicates) == (0, 0)


def _steps(folder: Path) -> int:
    """How many the whole life takes."""
    life = Life(folder, PowerDisk(), ManualClock(5000), set(), set(), set())
    life.disk.calls_left = 1_000_000
    life.live()
    assert life.spool is not None
    assert life.spool.counts.appended == 12 * PER_COMMIT
    abandon(life.spool)
    return 1_000_000 - (life.disk.calls_left or 0)
