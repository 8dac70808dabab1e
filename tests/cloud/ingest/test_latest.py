"""Frontier and Latest against plain Python."""

from itertools import groupby, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.ingest.latest import Frontier, Latest
from cloud.store.port import Columns

Run = tuple[int, list[int]]
runs = st.lists(
    st.tuples(st.integers(0, 5), st.lists(st.integers(1, 30), min_size=1, max_size=5)),
    max_size=5,
    unique_by=lambda r: r[0],
)


def columns(rows: list[tuple[int, int, float]]) -> Columns:
    return Columns(
        np.array([r[0] for r in rows], np.int32),
        np.array([r[1] for r in rows], np.int64),
        np.array([r[2] for r in rows], np.float64),
        np.array([int(r[2]) % 5 for r in rows], np.uint8),
        np.array([int(r[2]) % 11 for r in rows], np.uint32),
    )


def shown(found: Columns) -> dict[int, tuple[int, float]]:
    return {int(d): (int(t), float(v)) for d, t, v in zip(found.datastream, found.time, found.value, strict=True)}


@given(st.lists(runs, max_size=8))
@settings(max_examples=200)
def test_a_run_is_fresh_when_it_rises_and_begins_behind_all_before_it(batches: list[list[Run]]) -> None:
    frontier = Frontier()
    furthest: dict[int, int] = {}
    for batch in batches:
        if not batch:
            continue
        expected = []
        for stream, times in batch:
            rising = all(a < b for a, b in pairwise(times))
            expected.append(not rising or times[0] <= furthest.get(stream, 0))
            furthest[stream] = max(furthest.get(stream, 0), *times)
        late = frontier.pass_runs(
            np.array([stream for stream, _ in batch], np.int32),
            np.array([len(times) for _, times in batch], np.intp),
            np.array([time for _, times in batch for time in times], np.int64),
        )
        assert (late.tolist() if late is not None else [False] * len(batch)) == expected


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 30)), min_size=1, max_size=20),
    st.integers(0, 5),
    st.integers(1, 35),
)
def test_readings_in_no_order_move_the_frontier_too(rows: list[tuple[int, int]], stream: int, time: int) -> None:
    frontier = Frontier()
    frontier.pass_any(columns([(d, t, 0.0) for d, t in rows]))
    late = frontier.pass_runs(np.array([stream], np.int32), np.array([1], np.intp), np.array([time], np.int64))
    assert (late is not None) == (time <= max((t for d, t in rows if d == stream), default=0))


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(1, 30), st.integers(0, 50).map(float)), max_size=12),
        max_size=6,
    )
)
def test_latest_never_moves_back(commits: list[list[tuple[int, int, float]]]) -> None:
    latest = Latest()
    model: dict[int, tuple[int, float]] = {}
    for commit in commits:
        rows = [
            next(same) for _, same in groupby(sorted(commit, key=lambda r: r[:2]), key=lambda r: r[:2])
        ]  # as the store
        latest.take(columns(rows))
        for stream, time, value in rows:
            if time > model.get(stream, (0, 0.0))[0]:
                model[stream] = time, value
        assert shown(latest.everything()) == model
        assert shown(latest.snapshot(np.array([0, 3, 99], np.int32))) == {d: r for d, r in model.items() if d in (0, 3)}


def test_fresh_runs_of_several_envelopes_in_one_commit() -> None:
    latest = Latest()
    latest.take(columns([(1, 5, 1.0), (2, 50, 2.0)]))
    latest.advance(columns([(1, 6, 3.0), (2, 51, 4.0), (1, 7, 5.0), (1, 9, 6.0), (3, 1, 7.0)]))
    latest.take(columns([(1, 8, 8.0), (3, 2, 9.0)]))
    assert shown(latest.everything()) == {1: (9, 6.0), 2: (51, 4.0), 3: (2, 9.0)}


def test_numbers_beyond_the_first_arrays() -> None:
    latest, frontier = Latest(), Frontier()
    latest.take(columns([(70_000, 5, 1.0)]))
    latest.advance(columns([(200_000, 5, 2.0)]))
    assert shown(latest.everything()) == {70_000: (5, 1.0), 200_000: (5, 2.0)}
    assert frontier.pass_runs(np.array([5000], np.int32), np.array([1]), np.array([1], np.int64)) is None
    assert frontier.pass_runs(np.array([5000], np.int32), np.array([1]), np.array([1], np.int64)) is not None
    latest.take(Columns.empty())
    latest.advance(Columns.empty())
    frontier.pass_any(Columns.empty())


def test_a_snapshot_is_a_copy() -> None:
    latest = Latest()
    latest.take(columns([(1, 5, 1.0)]))
    before = latest.everything()
    latest.take(columns([(1, 6, 2.0)]))
    assert shown(before) == {1: (5, 1.0)}
