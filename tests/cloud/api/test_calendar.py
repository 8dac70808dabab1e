from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api.buckets import filled, folded
from cloud.api.calendar import Every, TooManyBucketsError, common_ms
from cloud.store.port import Buckets


def ms(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def texts(every: str, start: str, end: str, zone: str | None) -> list[str]:
    where = zone or "UTC"
    starts = Every.parse(every, zone).starts(ms(start, where), ms(end, where), 1000)
    return [datetime.fromtimestamp(one / 1000, ZoneInfo(where)).strftime("%Y-%m-%dT%H:%M%z") for one in starts.tolist()]


@pytest.mark.parametrize(
    ("every", "start", "end", "zone", "expected"),
    [
        ("1d", "2026-01-01T05:00", "2026-01-03", "Asia/Shanghai", ["2026-01-01T00:00+0800", "2026-01-02T00:00+0800"]),
        ("12h", "2026-01-01", "2026-01-02", "Asia/Shanghai", ["2026-01-01T00:00+0800", "2026-01-01T12:00+0800"]),
        ("1w", "2026-01-01", "2026-01-12", "Asia/Shanghai", ["2025-12-29T00:00+0800", "2026-01-05T00:00+0800"]),
        ("1mo", "2026-01-31", "2026-03-01", None, ["2026-01-01T00:00+0000", "2026-02-01T00:00+0000"]),
        ("3mo", "2026-02-01", "2026-05-01", "Asia/Shanghai", ["2026-01-01T00:00+0800", "2026-04-01T00:00+0800"]),
        # Berlin changes its clocks on 29 March 2026 at 02:00
        ("1d", "2026-03-29", "2026-03-31", "Europe/Berlin", ["2026-03-29T00:00+0100", "2026-03-30T00:00+0200"]),
        (
            "6h",
            "2026-03-29",
            "2026-03-30",
            "Europe/Berlin",
            ["2026-03-29T00:00+0100", "2026-03-29T07:00+0200", "2026-03-29T13:00+0200", "2026-03-29T19:00+0200"],
        ),
        ("2w", "2026-01-05", "2026-01-06", None, ["2026-01-05T00:00+0000"]),
        ("1d", "2026-01-01", "2026-01-01", "Asia/Shanghai", []),
    ],
)
def test_where_buckets_begin(every: str, start: str, end: str, zone: str | None, expected: list[str]) -> None:
    assert texts(every, start, end, zone) == expected


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "1y", "1.5h", "-1d", "٣h", "1H"])
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(ValueError, match="expected a whole number"):
        Every.parse(text)


def test_with_a_zone_a_day_is_a_multiple() -> None:
    with pytest.raises(ValueError, match="a day is a multiple of"):
        Every.parse("7h", "Asia/Shanghai")
    with pytest.raises(TooManyBucketsError):
        Every.parse("1d", "Asia/Shanghai").starts(0, 10**13, 1000)


@given(
    st.sampled_from(["1d", "1w", "1mo", "6h", "3d", "2mo"]),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "UTC"]),
    st.integers(0, 1_900_000_000_000),
    st.integers(0, 400 * 86_400_000),
)
def test_every_instant_lies_in_one_bucket(every: str, zone: str, start: int, length: int) -> None:
    starts = Every.parse(every, zone).starts(start, start + length, 10_000)
    assert (np.diff(starts) > 0).all()
    if length:
        assert starts[0] <= start
        assert len(starts) == 1 or starts[1] > start
        assert starts[-1] < start + length
        assert (starts % common_ms(starts) == 0).all()


def test_long_buckets_are_made_up_of_short_ones() -> None:
    def short(value: list[float]) -> Buckets:
        return Buckets(
            np.array([1, 1, 1, 2], np.int32), np.array([0, 10, 25, 10]), np.array(value), np.array([2, 1, 4, 1]),
            np.array([1, 3, 2, 9], np.uint8),
        )  # fmt: skip

    starts = np.array([0, 20])
    for aggregate, expected in {
        "mean": [(2 * 1 + 4) / 3, 8, 5], "sum": [5, 8, 5], "count": [5, 8, 5], "min": [1, 8, 5], "max": [4, 8, 5],
        "first": [1, 8, 5], "last": [4, 8, 5],
    }.items():  # fmt: skip
        found = folded(short([1.0, 4.0, 8.0, 5.0]), starts, aggregate)  # type: ignore[arg-type]
        assert found.value.tolist() == pytest.approx(expected)
        assert found.datastream.tolist() == [1, 1, 2]
        assert found.start.tolist() == [0, 20, 0]
        assert found.values.tolist() == [3, 4, 1]
        assert found.quality.tolist() == [3, 2, 9]


def test_gaps() -> None:
    nan = float("nan")
    starts = np.array([0, 10, 20, 40, 50])
    values = np.array([nan, 1.0, nan, 4.0, nan])
    for how, expected in {
        "null": [nan, 1, nan, 4, nan], "previous": [nan, 1, 1, 4, 4], "linear": [nan, 1, 2, 4, nan],
    }.items():  # fmt: skip
        np.testing.assert_equal(filled(values, starts, how), expected)  # type: ignore[arg-type]
    np.testing.assert_equal(filled(np.full(5, nan), starts, "previous"), np.full(5, nan))


def test_times_far_off_have_no_buckets_rather_than_an_error() -> None:
    far = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()) * 1000
    assert len(Every.parse("1mo", "Asia/Shanghai").starts(far, far + 1, 10)) == 0
