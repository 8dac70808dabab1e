import pytest

from simulators.devices.sl651_content import STATION_TYPES


@pytest.mark.parametrize("row", [row for kind in STATION_TYPES.values() for row in kind.elements], ids=str)
def test_a_value_that_no_digits_can_hold_is_shown_as_the_most_they_can(row):
    most = (10 ** (2 * row.length) - 1) / 10**row.decimals
    assert row.read(row.pack(1e12)) == pytest.approx(most)
    assert row.read(row.pack(-1e12)) == pytest.approx(-(10 ** (2 * row.length - 2) - 1) / 10**row.decimals)
    assert row.read(row.pack(None)) is None
