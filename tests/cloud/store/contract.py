"""What every store has to do, whichever engine it is: each function here is a test of each of them.

Times are near ``BASE``, because engines that run elsewhere keep nothing of 1970.
"""

from collections.abc import Callable, Iterator
from math import nan
from typing import Any, Final

import numpy as np
import pytest

from cloud.store.port import Aggregate, Columns, Store
from tests.cloud.store.columns import Row, columns, key, plain

BASE: Final = 1_780_000_000_000 - 1_780_000_000_000 % 86_400_000
"""Midnight UTC."""
HOUR: Final = 3_600_000
NONE: Final = Columns.empty()


def at(found: list[Row], quality: int = 1) -> Columns:
    """Rows whose times count from BASE."""
    return columns([(d, BASE + t, v) for d, t, v in found], quality)


def told(found: Columns) -> list[tuple[int, int, float | None]]:
    """As ``plain``, times from BASE."""
    return [(d, t - BASE, v) for d, t, v in plain(found)]


class StoreContract:
    """Subclassed with a fixture ``store`` that is empty and open, and ``again``, which opens it anew."""

    digits: float = 0.0
    """Relative error with which values come back."""

    def test_what_is_stored_comes_back_as_it_was(self, store: Store) -> None:
        rows = Columns(
            np.array([1, 1, 2], np.int32),
            np.array([BASE + 1, BASE + 1001, BASE + 1], np.int64),
            np.array([0.1 + 0.2, -1.5e-3, 1e30]),
            np.array([1, 3, 4], np.uint8),
            np.array([0, 5, 2**32 - 1], np.uint32),
        )
        assert store.commit(rows, NONE, [key(0)], 1).stored == 3
        found = store.raw([1, 2], BASE, BASE + 5000, limit=10)
        assert found.datastream.tolist() == [1, 2, 1]
        assert found.time.tolist() == [BASE + 1, BASE + 1, BASE + 1001]
        assert found.value.tolist() == pytest.approx([0.1 + 0.2, 1e30, -1.5e-3], rel=self.digits, abs=0)
        assert found.quality.tolist() == [1, 4, 3]
        assert found.reasons.tolist() == [0, 2**32 - 1, 5]

    def test_ranges_pages_and_qualities(self, store: Store) -> None:
        found = [(d, t, float(d * 100 + t)) for t in range(1, 6) for d in (1, 2)]
        store.commit(at(found), NONE, [], 1)
        store.commit(NONE, at([(1, 9, 9.0)], quality=3), [], 1)

        def keys(streams: list[int], begin: int, end: int, **how: Any) -> list[tuple[int, int]]:
            rows = store.raw(streams, BASE + begin, BASE + end, **{"limit": 99, **how})
            return [(d, t) for d, t, _ in told(rows)]

        assert keys([1, 2], 2, 4) == [(1, 2), (2, 2), (1, 3), (2, 3)]
        assert keys([2, 1], 0, 99, limit=3) == [(1, 1), (2, 1), (1, 2)]
        assert keys([1, 2], 0, 99, limit=2, after=(BASE + 2, 1)) == [(2, 2), (1, 3)]
        assert keys([1], 0, 99, qualities=[3]) == [(1, 9)]
        assert keys([], 0, 99) == []
        assert keys([7], 0, 99) == []

    def test_pages_from_the_beginning_of_time_are_whole(self, store: Store) -> None:
        found = [(d, t * 86_400_000, float(t)) for t in (0, 1, 2, 40, 41) for d in (3, 1)]
        store.commit(at(sorted(found)), NONE, [], 1)
        seen, after = [], None
        while len(page := store.raw([1, 3], 0, BASE + 10**12, limit=3, after=after)):
            seen += told(page)
            after = (int(page.time[-1]), int(page.datastream[-1]))
        assert seen == sorted(found, key=lambda row: (row[1], row[0]))

    def test_missing_values_stay_missing(self, store: Store) -> None:
        found = [(1, 10, 5.0), (1, 20, nan), (2, 5, nan)]
        store.commit(at(found), NONE, [], 1)
        assert told(store.latest()) == [(1, 20, None), (2, 5, None)]
        assert store.latest().quality.tolist() == [9, 9]
        assert told(store.raw([1, 2], BASE, BASE + 99, limit=9)) == [(2, 5, None), (1, 10, 5.0), (1, 20, None)]
        report = store.commit(NONE, at(found), [], 1)
        assert (report.stored, report.duplicates, len(report.conflicts)) == (0, 3, 0)
        buckets = store.aggregate([1, 2], BASE, BASE + HOUR, every_ms=HOUR, aggregate="count")
        assert (buckets.datastream.tolist(), buckets.value.tolist(), buckets.values.tolist()) == ([1], [1.0], [1])

    def test_of_an_instant_the_first_stays(self, store: Store) -> None:
        store.commit(at([(1, 10, 5.0)]), NONE, [], 1)
        kept: list[Columns] = []
        report = store.commit(NONE, at([(1, 10, 7.0), (1, 10, 5.0), (1, 11, 7.0)]), [], 1, keep=kept.append)
        assert (report.stored, report.duplicates, told(report.conflicts)) == (1, 1, [(1, 10, 7.0)])
        assert [told(one) for one in kept] == [[(1, 10, 7.0)]]
        assert told(store.raw([1], BASE, BASE + 99, limit=9)) == [(1, 10, 5.0), (1, 11, 7.0)]

    def test_nothing_is_stored_when_conflicts_cannot_be_kept(self, store: Store) -> None:
        def refuse(_: Columns) -> None:
            raise OSError("quarantine is full")

        store.commit(at([(1, 10, 5.0)]), NONE, [], 1)
        with pytest.raises(OSError, match="quarantine"):
            store.commit(at([(2, 10, 1.0)]), at([(1, 10, 7.0)]), [key(9)], 1, keep=refuse)
        assert store.held() == {}
        assert told(store.raw([1, 2], BASE, BASE + 99, limit=9)) == [(1, 10, 5.0)]

    def test_a_value_of_many_digits_is_known_again(self, store: Store) -> None:
        rows = at([(1, 10, float(np.float32(21.37))), (1, 11, 1 / 3)])
        store.commit(rows, NONE, [], 1)
        assert store.commit(NONE, rows, [], 1).duplicates == 2

    def test_late_rows_beside_fresh_ones_of_one_commit(self, store: Store) -> None:
        report = store.commit(at([(1, 10, 5.0)]), at([(1, 10, 5.0), (1, 4, 1.0)]), [], 1)
        assert (report.stored, report.duplicates) == (2, 1)
        assert told(store.raw([1], BASE, BASE + 99, limit=9)) == [(1, 4, 1.0), (1, 10, 5.0)]

    def test_a_try_that_may_have_been_stored_is_not_stored_twice(self, store: Store) -> None:
        fresh, late = at([(1, 10, 5.0), (1, 11, nan)]), at([(2, 3, 1.0)])
        store.commit(fresh, late, [key(0)], 1)
        report = store.commit(fresh, late, [key(0)], 1, again=True)
        assert (report.stored, report.duplicates, len(report.late)) == (0, 3, 0)
        assert len(store.raw([1, 2], BASE, BASE + 99, limit=9)) == 3
        assert store.held() == {("gw-1", 1, 5): [(0, 0)]}

    def test_what_is_written_twice_is_told_once(self, store: Store) -> None:
        """As after a kill between readings and ledger: the envelope comes again, to somebody who does not know."""
        rows = at([(1, 10, 5.0), (1, 20, 6.0)])
        store.commit(rows, NONE, [], 1)
        store.commit(rows, NONE, [key(0)], 1)
        assert told(store.raw([1], BASE, BASE + 99, limit=9)) == [(1, 10, 5.0), (1, 20, 6.0)]
        buckets = store.aggregate([1], BASE, BASE + HOUR, every_ms=HOUR, aggregate="sum")
        assert (buckets.value.tolist(), buckets.values.tolist()) == ([11.0], [2])

    def test_the_ledger(self, store: Store) -> None:
        keys = [key(0), key(1), key(3), key(0, gateway="gw-2"), key(7, epoch=2**63 - 1), key(0)._replace(stream=2)]
        store.commit(NONE, NONE, keys, 1)
        assert store.held() == {
            ("gw-1", 1, 5): [(0, 1), (3, 3)],
            ("gw-1", 1, 2**63 - 1): [(7, 7)],
            ("gw-1", 2, 5): [(0, 0)],
            ("gw-2", 1, 5): [(0, 0)],
        }
        assert store.digest("gw-1", 1, 5, 3) == 7
        assert store.digest("gw-1", 1, 5, 2) is None

    @pytest.mark.parametrize(
        ("aggregate", "expected"),
        [("mean", 2.0), ("min", 1.0), ("max", 4.0), ("sum", 6.0), ("count", 3.0), ("first", 4.0), ("last", 1.0)],
    )
    def test_aggregates(self, store: Store, aggregate: Aggregate, expected: float) -> None:
        hours = [(1, 0, 4.0), (1, 1000, 1.0), (1, 2000, nan), (1, HOUR - 1, 1.0), (1, HOUR, 9.0)]
        store.commit(at(hours), NONE, [], 1)
        buckets = store.aggregate([1], BASE, BASE + 24 * HOUR, every_ms=HOUR, aggregate=aggregate)
        assert buckets.start.tolist() == [BASE, BASE + HOUR]
        assert buckets.value[0] == expected
        assert buckets.values.tolist() == [3, 1]

    def test_buckets_that_begin_or_end_in_the_middle(self, store: Store) -> None:
        store.commit(at([(d, t * 60_000, 1.0) for d in (1, 2) for t in range(180)]), NONE, [], 1)
        begin, end = BASE + 30 * 60_000, BASE + 150 * 60_000
        buckets = store.aggregate([2, 1], begin, end, every_ms=HOUR, aggregate="sum")
        assert buckets.datastream.tolist() == [1, 1, 1, 2, 2, 2]
        assert buckets.value.tolist() == [30, 60, 30] * 2
        assert buckets.start.tolist() == [BASE, BASE + HOUR, BASE + 2 * HOUR] * 2

    def test_the_quality_of_a_bucket_is_the_worst_of_its_values(self, store: Store) -> None:
        for time, quality in ((1, 1), (2, 2), (11, 3), (12, 1), (21, 4), (22, 3), (31, 2)):
            store.commit(at([(1, time * 100, 1.0)], quality=quality), NONE, [], 1)
        buckets = store.aggregate([1], BASE, BASE + 10_000, every_ms=1000, aggregate="mean")
        assert buckets.quality.tolist() == [1, 3, 4, 2]
        some = store.aggregate([1], BASE, BASE + 10_000, every_ms=1000, aggregate="count", qualities=[1, 2])
        assert list(zip(some.start - BASE, some.value, some.quality, strict=True)) == [
            (0, 2.0, 1),
            (1000, 1.0, 1),
            (3000, 1.0, 2),
        ]

    def test_latest_is_the_newest_by_its_own_time(self, store: Store) -> None:
        store.commit(at([(2, 50, 1.0), (1, 60, 2.0)]), NONE, [], 1)
        store.commit(NONE, at([(2, 40, 7.0)], quality=3), [], 1)
        assert told(store.latest()) == [(1, 60, 2.0), (2, 50, 1.0)]
        assert store.latest().quality.tolist() == [1, 1]

    def test_what_was_committed_is_there_when_it_is_opened_again(
        self, store: Store, again: Callable[[], Store]
    ) -> None:
        store.commit(at([(1, 10, 5.0)]), NONE, [key(3)], 1)
        other = again()
        assert told(other.latest()) == [(1, 10, 5.0)]
        assert told(other.raw([1], BASE, BASE + 99, limit=9)) == [(1, 10, 5.0)]
        assert other.held() == {("gw-1", 1, 5): [(3, 3)]}

    def test_many_readings_of_many_datastreams(self, store: Store) -> None:
        """More than an engine is asked for at once."""
        streams, each = 1200, 50
        found = Columns(
            np.repeat(np.arange(1, streams + 1, dtype=np.int32), each),
            np.tile(BASE + np.arange(each, dtype=np.int64) * 60_000, streams),
            np.arange(streams * each, dtype=np.float64) / 100,
            np.full(streams * each, 2, np.uint8),
            np.zeros(streams * each, np.uint32),
        )
        assert store.commit(found, NONE, [], 1).stored == streams * each
        page = store.raw(range(1, streams + 1), BASE, BASE + HOUR, limit=10**6)
        assert len(page) == streams * each
        assert page.value.sum() == pytest.approx(found.value.sum())
        assert len(store.latest()) == streams
        buckets = store.aggregate(range(1, streams + 1), BASE, BASE + HOUR, every_ms=HOUR, aggregate="count")
        assert buckets.datastream.tolist() == list(range(1, streams + 1))
        assert set(buckets.value.tolist()) == {float(each)}
        assert set(buckets.quality.tolist()) == {2}


Fixture = Iterator[Store]
