import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.cameras.blobs import MAX_BLOBS, MIN_CELLS, Box, find_blobs, tidied, together


def flooded(mask: np.ndarray) -> list[Box]:
    """The same by flood fill, as one would do it by hand."""
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(mask), strict=True)}
    found = []
    while left:
        todo, part = [left.pop()], []
        while todo:
            y, x = todo.pop()
            part.append((y, x))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            todo += near
        if len(part) >= MIN_CELLS:
            ys, xs = [y for y, _ in part], [x for _, x in part]
            found.append(Box(min(ys), min(xs), max(ys) + 1, max(xs) + 1))
    return found


@given(arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14))))
def test_parts_are_those_of_a_flood_fill(mask: np.ndarray) -> None:
    assert sorted(find_blobs(mask)) == sorted(flooded(mask))


def test_a_spiral_is_one_part() -> None:
    mask = np.zeros((61, 61), bool)
    y, x, dy, dx, steps = 30, 30, 0, 1, 1
    while steps < 60:
        for _ in range(2):
            for _ in range(steps):
                if 0 <= y < 61 and 0 <= x < 61:
                    mask[y, x] = True
                y, x = y + dy, x + dx
            dy, dx = dx, -dy
        steps += 2
    assert find_blobs(mask) == flooded(mask)
    assert len(find_blobs(mask)) == 1


def test_noise_takes_no_time_and_no_more_than_so_many() -> None:
    mask = np.random.default_rng(1).random((180, 320)) < 0.3
    began = time.perf_counter()
    found = find_blobs(mask)
    assert time.perf_counter() - began < 1
    assert 1 <= len(found) <= MAX_BLOBS


def test_lonely_cells_go_and_gaps_close() -> None:
    mask = np.zeros((12, 12), bool)
    mask[2, 2] = True
    mask[5:8, 5:7] = mask[5:8, 8:10] = True
    tidy = tidied(mask)
    assert not tidy[2, 2]
    assert tidy[6, 7]
    assert find_blobs(tidy) == [Box(5, 5, 8, 10)]


def test_parts_near_each_other_are_one_also_by_way_of_a_third() -> None:
    a, b, c, far = Box(0, 0, 4, 4), Box(0, 10, 4, 14), Box(0, 5, 4, 9), Box(50, 50, 60, 60)
    assert sorted(together([a, b, far], 3)) == [a, b, far]
    assert sorted(together([a, b, c, far], 3)) == [Box(0, 0, 4, 14), far]
