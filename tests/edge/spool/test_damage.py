"""F04, F05, F06: torn tails, flipped bits, zeroed and missing files."""

from pathlib import Path
from random import Random

import pytest

from edge.spool.record import OVERHEAD, RecordKey
from protocols.vocabulary import ManualClock
from tests.edge.spool.disk import abandon, drain, opened, payload_of, write

LENGTH = 60
RECORD = OVERHEAD + LENGTH
CLOCK = ManualClock()


def filled(directory: Path, count: int, *, retired: int = 0, **settings: object) -> list[RecordKey]:
    """A directory as a killed agent leaves it; the first ``retired`` records are acknowledged."""
    spool = opened(directory, CLOCK, **settings)
    keys = [key for _ in range(count) for key in write(spool, 1, LENGTH)]
    if retired:
        spool.retire(1, spool.epoch, [(0, retired - 1)])
    spool.save()
    abandon(spool)
    return keys


def segments(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.seg"))


def test_a_tail_torn_anywhere_costs_its_record_and_is_told_once(tmp_path: Path) -> None:
    keys = filled(tmp_path, 4)
    (segment,) = segments(tmp_path)
    whole = segment.read_bytes()
    assert len(whole) == 4 * RECORD
    for torn in range(1, RECORD + 1):
        segment.write_bytes(whole[:-torn])
        spool = opened(tmp_path, CLOCK)
        assert drain(spool) == keys[:3]
        assert (spool.counts.torn, spool.counts.corrupt_skipped) == (int(torn < RECORD), 0)
        (new,) = write(spool, 1)
        assert drain(spool) == [new]
        abandon(spool)
        again = opened(tmp_path, CLOCK)  # the tail was cut off: nothing is torn any more
        assert drain(again) == [*keys[:3], new]
        assert again.counts.torn == 0
        abandon(again)
        for path in segments(tmp_path)[1:]:
            path.unlink()


@pytest.mark.parametrize("flips", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_one_flipped_bit_costs_one_record_at_most_and_is_counted(tmp_path: Path, flips: int) -> None:
    keys = filled(tmp_path, 40, segment_bytes=10 * RECORD)
    originals = {path: path.read_bytes() for path in segments(tmp_path)}
    assert len(originals) == 4
    rng = Random(20261123)
    for _ in range(flips):
        path = rng.choice(list(originals))
        data = bytearray(originals[path])
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        spool = opened(tmp_path, CLOCK)
        there = drain(spool)  # checks every content
        lost = set(keys) - set(there)
        assert len(lost) <= 1
        assert set(there) <= set(keys)
        assert spool.counts.corrupt_skipped + spool.counts.torn == len(lost)
        assert not any(spool.is_retired(key) for key in keys)
        abandon(spool)
        for changed, data in originals.items():
            changed.write_bytes(data)
        for extra in set(segments(tmp_path)) - set(originals):
            extra.unlink()


def test_one_flipped_bit_in_the_retired_file_only_costs_resends(tmp_path: Path) -> None:
    keys = filled(tmp_path, 6, retired=4)
    retired = tmp_path / "retired"
    original = retired.read_bytes()
    spool = opened(tmp_path, CLOCK)
    assert drain(spool) == keys[4:]
    abandon(spool)
    for place in range(len(original)):
        for bit in range(8):
            data = bytearray(original)
            data[place] ^= 1 << bit
            retired.write_bytes(data)
            spool = opened(tmp_path, CLOCK)
            assert drain(spool) == keys
            assert spool.counts.state_file_lost == 1
            abandon(spool)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"garbage", None], ids=["empty", "zeros", "garbage", "missing"])
def test_without_its_retired_file_everything_is_sent_again(tmp_path: Path, content: bytes | None) -> None:
    keys = filled(tmp_path, 6, retired=4)
    if content is None:
        (tmp_path / "retired").unlink()
    else:
        (tmp_path / "retired").write_bytes(content)
    spool = opened(tmp_path, CLOCK)
    assert drain(spool) == keys
    assert spool.counts.state_file_lost == (content is not None)
    assert spool.epoch > keys[0].epoch
    spool.retire(1, keys[0].epoch, [(0, 5)])
    assert spool.segments == 0
    abandon(spool)


@pytest.mark.parametrize("which", [0, 1, 3])
def test_a_segment_of_zeros_costs_its_records_and_no_others(tmp_path: Path, which: int) -> None:
    keys = filled(tmp_path, 40, segment_bytes=10 * RECORD)
    path = segments(tmp_path)[which]
    path.write_bytes(bytes(path.stat().st_size))
    spool = opened(tmp_path, CLOCK)
    assert drain(spool) == keys[: which * 10] + keys[which * 10 + 10 :]
    assert spool.counts.corrupt_skipped + spool.counts.torn == 1
    spool.retire(1, keys[0].epoch, [(0, 39)])
    assert spool.segments == 0
    abandon(spool)


def test_what_was_damaged_is_put_aside_the_last_few_files_of_it(tmp_path: Path) -> None:
    keys = filled(tmp_path, 80, segment_bytes=10 * RECORD)
    for path in segments(tmp_path):
        data = bytearray(path.read_bytes())
        data[RECORD + OVERHEAD] ^= 1
        path.write_bytes(data)
    names = [path.name for path in segments(tmp_path)]
    spool = opened(tmp_path, CLOCK)
    assert drain(spool) == [key for i, key in enumerate(keys) if i % 10 != 1]
    assert spool.counts.corrupt_skipped == 8
    spool.retire(1, keys[0].epoch, [(0, 79)])
    assert segments(tmp_path) == []
    assert [path.name for path in sorted((tmp_path / "damaged").iterdir())] == names[-4:]
    abandon(spool)


def test_a_record_within_garbage_is_found(tmp_path: Path) -> None:
    keys = filled(tmp_path, 3)
    (path,) = segments(tmp_path)
    data = path.read_bytes()
    rng = Random(3)
    mixed = b"".join(rng.randbytes(rng.randint(1, 40)) + data[i * RECORD : (i + 1) * RECORD] for i in range(3))
    path.write_bytes(mixed + b"\xa5YR\x1a" * 3)
    spool = opened(tmp_path, CLOCK)
    assert drain(spool) == keys
    assert (spool.counts.corrupt_skipped, spool.counts.torn) == (3, 1)
    abandon(spool)


def test_foreign_files_are_left_alone(tmp_path: Path) -> None:
    keys = filled(tmp_path, 2)
    for name in ("notes.seg", "².seg", "1.txt"):
        (tmp_path / name).write_bytes(b"mine")
    spool = opened(tmp_path, CLOCK)
    assert drain(spool) == keys
    assert (tmp_path / "².seg").read_bytes() == b"mine"
    assert payload_of(keys[0]) != payload_of(keys[1])
    abandon(spool)
