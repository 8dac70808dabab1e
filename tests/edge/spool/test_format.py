"""F12: a spool that another release left is read, or refused by name; nothing in it is ever deleted."""

import shutil
from pathlib import Path

import pytest

from edge.spool.format import FORMAT, written
from edge.spool.record import MARKER
from edge.spool.spool import Spool
from protocols.vocabulary import ConfigError, ManualClock
from tests.edge.spool.disk import drain, opened, write

GOLDEN = Path(__file__).parents[2] / "golden" / "spool"


def test_a_spool_of_the_first_releases_is_read(tmp_path: Path) -> None:
    """tests/golden/spool/format_1 was written by the release before the format had a file."""
    shutil.copytree(GOLDEN / "format_1", tmp_path / "spool")
    spool = opened(tmp_path / "spool")
    there = drain(spool)
    assert [(key.stream, key.sequence) for key in there] == [(1, 2), (2, 0), (1, 3), (1, 4), (1, 5)]
    assert spool.counts.corrupt_skipped == spool.counts.torn == spool.counts.state_file_lost == 0
    assert spool.epoch > there[0].epoch
    spool.__exit__()
    assert (tmp_path / "spool" / "format").read_bytes() == written(FORMAT)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"}


@pytest.mark.parametrize("number", [0, 2, 999])
def test_another_format_is_refused_by_name_and_left_alone(tmp_path: Path, number: int) -> None:
    keys = write(spool := opened(tmp_path), 3)
    spool.__exit__()
    segment = next(tmp_path.glob("*.seg"))
    segment.write_bytes(segment.read_bytes().replace(MARKER, b"other"))  # nothing of it is a record to this release
    (tmp_path / "format").write_bytes(written(number))
    before = contents(tmp_path)
    with pytest.raises(ConfigError, match=f"its format is {number}, this release knows format {FORMAT}"):
        opened(tmp_path)
    assert contents(tmp_path) == before
    (tmp_path / "format").write_bytes(written(FORMAT))
    segment.write_bytes(segment.read_bytes().replace(b"other", MARKER))
    again = opened(tmp_path)
    assert drain(again) == keys
    again.__exit__()


def test_no_flipped_bit_keeps_an_agent_from_its_spool(tmp_path: Path) -> None:
    keys = write(spool := opened(tmp_path), 1)
    spool.__exit__()
    for bit in range(8 * len(written(FORMAT))):
        data = bytearray(written(FORMAT))
        data[bit // 8] ^= 1 << bit % 8
        (tmp_path / "format").write_bytes(data)
        with Spool(tmp_path, ManualClock()) as again:
            assert drain(again) == keys
        assert (tmp_path / "format").read_bytes() == written(FORMAT)
