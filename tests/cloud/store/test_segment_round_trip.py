"""What is written into a sorted file comes back to the bit, whatever stands beside it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cloud.store import segment_writer
from cloud.store.blocks import BLOCK_ROWS
from cloud.store.partials import EVERYTHING, of_readings
from cloud.store.segment import Segment
from cloud.store.segment_writer import SegmentWriter
from cloud.store.tables import LEVELS, Readings

START = 1_767_225_600_000
VALUES = st.one_of(
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6).map(lambda value: round(value, 2)),
    st.integers(-(10**6), 10**6).map(float),
    st.sampled_from([0.0, -0.0, float("nan"), float("inf"), -float("inf"), 1e300, 5e-324, 2.0**53 + 2, 1e-9]),
)
SERIES = st.tuples(
    st.integers(1, 5_000),
    st.integers(1, 400) | st.sampled_from([1, 2, 128, 129, BLOCK_ROWS, BLOCK_ROWS + 1]),
    st.sampled_from([1, 1000, 60_000, 86_400_000]),
    st.sampled_from([0, 1, 999]),
    st.lists(VALUES, min_size=1, max_size=5),
    st.lists(st.sampled_from([1, 2, 3, 4]), min_size=1, max_size=3),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=2),
)


def readings(series: list[tuple]) -> Readings:
    parts = []
    for number, count, every, jitter, values, qualities, reasons in sorted(series, key=lambda one: one[0]):
        rng = np.random.default_rng(number)
        time = START + np.arange(count) * (every + jitter) + rng.integers(0, jitter + 1, count)
        value = np.resize(np.array(values), count)
        quality = np.where(np.isnan(value), 9, np.resize(np.array(qualities), count)).astype(np.uint8)
        stored = time - time % 1000 + 1000 * rng.integers(0, 3, count) + time % 1000
        bits = np.resize(np.array(reasons, np.uint32), count)
        parts.append(Readings(np.full(count, number, np.int32), time, value, quality, bits, stored))
    return Readings.join(parts)


def written(folder: Path, rows: Readings, portion: int = segment_writer._PORTION) -> Segment:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment_writer, "_PORTION", portion)
        writer = SegmentWriter(folder / "one.yzs")
        writer.add(rows)
        writer.finish()
    return Segment.open(folder / "one.yzs", 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(SERIES, min_size=1, max_size=6, unique_by=lambda one: one[0]), st.sampled_from([1, 300, 1 << 16]))
def test_readings_come_back_to_the_bit(series: list[tuple], portion: int) -> None:
    rows = readings(series)
    with TemporaryDirectory() as folder, np.errstate(invalid="ignore"):
        segment = written(Path(folder), rows, portion)
        segment.verify()
        found = Readings.join(list(segment.between(0, 1 << 30)))
        for name, column, mine in zip(Readings._fields, found, rows, strict=True):
            kind = np.dtype(f"i{mine.itemsize}") if mine.dtype.kind == "f" else mine.dtype
            there, here = column.view(kind), mine.view(kind)
            missing = np.isnan(rows.value) & (name == "value")  # of what is missing there are no bits
            assert np.array_equal(there[~missing], here[~missing]), name
            assert name != "value" or np.isnan(column[missing]).all()
        for number in {one[0] for one in series}:
            mine = rows.take(rows.datastream == number)
            blocks = segment.blocks_of(number, 0, 1 << 62)
            alone = [segment.of_one(block, number, 0, 1 << 62) for block in blocks]
            assert np.array_equal(np.concatenate([one.time for one in alone]), mine.time)
            value = np.concatenate([one.value for one in alone])
            assert np.array_equal(value, mine.value, equal_nan=True)


@settings(max_examples=60, deadline=None)
@example([(1, 63, 1, 0, [0.0, -1.5, -2.0], [1], [0])])  # the sum has more decimals than what stands beside it
@example([(1, 1403, 1, 0, [0.0, *[1e9, -1e9] * 700, 0.3, 0.0], [1], [0])])  # and what cancels out leaves it alone
@example([(1, 1440, 60_000, 0, [1e9, *(1e9 + n + 0.4 for n in range(1, 1439)), 1e9 + 1439], [1], [0])])
@given(st.lists(SERIES, min_size=1, max_size=4, unique_by=lambda one: one[0]))
@pytest.mark.parametrize("level", LEVELS)
def test_so_do_rollups(level: int, series: list[tuple]) -> None:
    rows = readings(series)
    rows = rows.take(~np.isnan(rows.value))
    if not len(rows.time):
        return
    with TemporaryDirectory() as folder, np.errstate(invalid="ignore"):
        segment = written(Path(folder), rows)
        mine = of_readings(rows.datastream, rows.time, rows.value, rows.quality, level)
        some, _ = segment.covered(level, np.unique(rows.datastream))
        pieces = list(segment.rollups(level, some, 0, 1 << 62, EVERYTHING))
        wanted = np.isin(mine["datastream"], some)
        for name in ("datastream", "start", *EVERYTHING):
            found = np.concatenate([piece[name] for piece in pieces]) if pieces else np.empty(0)
            if name == "total":  # a sum of decimals is kept as the decimal number that it is
                most = mine["count"] * np.maximum(np.abs(mine["low"]), np.abs(mine["high"]))
                off = np.minimum(1.01e-12 * most[wanted], 0.01)
                same = np.isclose(found, mine[name][wanted], rtol=0, atol=off, equal_nan=True)
                assert same.all()
            else:
                assert np.array_equal(found, mine[name][wanted], equal_nan=name in {"low", "high"}), name
