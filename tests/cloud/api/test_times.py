import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api.tables import safe_cell
from cloud.api.times import format_time, format_times, parse_duration, parse_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999))
def test_round_trip(ms: int) -> None:
    text = format_time(ms)
    assert len(text) == 24
    assert text.endswith("Z")
    assert parse_time(text) == ms
    assert format_times(np.array([ms])) == [text]


@given(st.datetimes(timezones=st.just(UTC)))
def test_agrees_with_the_standard_library(time: datetime) -> None:
    assert parse_time(time.isoformat()) == (time - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t08:00:00.5+08:00", 500),
        ("1970-01-01 00:00:00.0019999z", 1),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_forms(text: str, ms: int) -> None:
    assert parse_time(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00Z",
        "2026-01-01T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "26-01-01T00:00:00Z",
        "２０２６-01-01T00:00:00Z",
        "2026-01-01T00:00:00+0800",
        "2026-01-01T00:00:00 08:00",
        "2026-01-01T00:00:00+99:00",
        "0001-01-01T00:00:00+23:00x",
        "2026-01-01T00:00:00Z\n",
    ],
)
def test_wrong_times(text: str) -> None:
    with pytest.raises(ValueError, match="'"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "ms"), [("1ms", 1), ("90s", 90_000), ("15m", 900_000), ("1h", 3_600_000), ("7d", 604_800_000)]
)
def test_durations(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@pytest.mark.parametrize("text", ["", "0s", "-1s", "1.5h", "1w", "1", "s", "1_0s", "１s", "9999999999s"])
def test_wrong_durations(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\r=x"])
def test_formulas_are_disarmed(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"a{text}") == f"a{text}"


@pytest.mark.parametrize("text", ["9999-12-31T23:00:00-10:00", "0001-01-01T00:00:00+10:00"])
def test_years_beyond_those_that_have_four_digits(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        parse_time(text)
