from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.vocabulary import (
    OBSERVED_PROPERTIES,
    Batch,
    Point,
    Quality,
    Reading,
    Reason,
    reason_names,
    unit_of,
    worst,
)
from tests.protocols.vocabulary.test_identity import points

readings = st.builds(
    Reading,
    points,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([q for q in Quality if q is not Quality.MISSING]),
    st.integers(0, 2**32 - 1),
) | st.builds(Reading.missing, points, st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**32 - 1))


@given(st.lists(readings, max_size=30))
def test_a_batch_gives_its_readings_back(given_readings: list[Reading]) -> None:
    batch = Batch.of(given_readings)
    assert list(batch.readings()) == given_readings
    assert len(batch) == len(given_readings)
    assert list(batch.points) == list(dict.fromkeys(r.point for r in given_readings))


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_no_finite_number_is_missing(value: float) -> None:
    reading = Reading.of(Point("mn:A1", "ph"), 1, value, Quality.PASS, Reason.SPIKE)
    assert reading == Reading(Point("mn:A1", "ph"), 1, None, Quality.MISSING, Reason.SPIKE | Reason.INVALID_VALUE)
    assert isnan(Batch.of([reading]).value[0])


@given(st.lists(st.sampled_from(Quality), min_size=1))
def test_worst_is_as_qartod_orders_them(flags: list[Quality]) -> None:
    order = [Quality.MISSING, Quality.NOT_EVALUATED, Quality.PASS, Quality.SUSPECT, Quality.FAIL]
    assert worst(*flags) is order[max(order.index(flag) for flag in flags)]


@given(st.integers(0, 2**32 - 1))
def test_every_reason_bit_has_one_name(bits: int) -> None:
    names = reason_names(bits)
    assert len(names) == len(set(names)) == bits.bit_count()
    listed = sum(Reason[name.upper()] for name in names if not name.startswith("bit"))
    assert bits == listed | sum(1 << int(name[3:]) for name in names if name.startswith("bit"))


def test_the_property_table_is_sound() -> None:
    for name, row in OBSERVED_PROPERTIES.items():
        assert Point("mn:A1", name).checked().observed == row.name == name
        assert row.low < row.high
        assert row.unit.isascii()
        assert row.unit == row.unit.strip() != ""
        assert any("一" <= c <= "鿿" for c in row.name_zh) or row.name_zh in {"pH", "PM1", "PM2.5", "PM10"}
        assert unit_of(name) == row.unit
    assert len({row.name_zh for row in OBSERVED_PROPERTIES.values()}) == len(OBSERVED_PROPERTIES)
    assert unit_of("no_such_property") is None
