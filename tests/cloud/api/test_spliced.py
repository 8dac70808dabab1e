"""What is written column by column is read as what a row at a time would say."""

import json
from math import copysign, isfinite

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api.spliced import counts, numbers, spliced

decimals = st.builds(
    lambda unit, places: unit / 10**places, st.integers(-(10**9) - 1, 10**9 + 1), st.integers(min_value=0, max_value=6)
)
floats = decimals | st.floats() | st.sampled_from([0.0, -0.0, 99_999.9999, 100_000.0, 0.0001, 0.00005, 5e-324, 1e300])


def texts(values: list[float]) -> list[str]:
    parts = numbers(np.array(values, np.float64))
    return spliced([*parts, b"\n"], len(values)).decode().splitlines()


@given(st.lists(floats, max_size=40) | st.lists(decimals, max_size=40))
def test_numbers_are_read_as_the_same(values: list[float]) -> None:
    read = [json.loads(text) for text in texts(values)]
    assert [(v, copysign(1, v)) if isfinite(v) else None for v in values] == [
        None if v is None else (v, copysign(1, v)) for v in read
    ]


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([20.5, 20.25, 7.0], ["20.50", "20.25", "7.00"]),
        ([1.0, 0.0, 2.0], ["1.0", "0.0", "2.0"]),
        ([-0.5, 12345.0], ["-0.5", "12345.0"]),
        ([0.0001, 99_999.9999], ["0.0001", "99999.9999"]),
        ([1.5, float("nan")], ["1.5", "null"]),
        ([100_000.25, 2.0], ["100000.25", "2.0"]),
    ],
)
def test_a_column_has_as_many_decimals_as_it_needs(values: list[float], written: list[str]) -> None:
    assert texts(values) == written


def test_parts_of_any_length_stand_side_by_side() -> None:
    many = counts(np.array([7, 99_999, 123_456_789_012]))
    assert spliced([b"<", many, b"|", counts(np.array([0, 10, 4])), b">"], 3) == b"<7|0><99999|10><123456789012|4>"
    assert spliced([b"x", counts(np.array([], np.int64))], 0) == b""
