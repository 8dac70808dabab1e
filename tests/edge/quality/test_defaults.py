"""The table of defaults: complete, and seldom wrong on a year of real measurements."""

from array import array
from math import exp, isnan, nan

import pytest

from edge.quality.checked import Checks
from edge.quality.defaults import DEFAULTS, defaults_of
from edge.quality.limits import NO_LIMITS
from protocols.vocabulary import OBSERVED_PROPERTIES, Batch, Point, Quality
from simulators.measurements.series import air, water_level

TEN_YEARS_MS = 315_619_200_000
"""The measurements are of 2016: a clock that says so today is wrong."""
AIR = {
    "pm2_5": ("pm2_5_ug_m3", 1),
    "pm10": ("pm10_ug_m3", 1),
    "so2": ("so2_ug_m3", 1),
    "no2": ("no2_ug_m3", 1),
    "co": ("co_ug_m3", 1000),
    "o3": ("o3_ug_m3", 1),
    "air_temperature": ("temperature_cel", 1),
    "air_pressure": ("pressure_hpa", 1),
    "dew_point": ("dew_point_cel", 1),
    "rainfall": ("rain_mm", 1),
    "wind_direction": ("wind_direction", 1),
    "wind_speed": ("wind_speed_m_s", 1),
}


def shares(observed: str, times: "array[int]", values: list[float]) -> dict[int, float]:
    checks = Checks(lambda point: defaults_of(point.observed))
    points = (Point("serial:1", observed),)
    for time, value in zip(times, values, strict=True):
        if not isnan(value):
            now = time + TEN_YEARS_MS
            one = Batch(
                points, array("I", [0]), array("q", [now]), array("d", [value]), array("B", [2]), array("I", [0])
            )
            checks.judged(one, now)
    counts = checks.counts.by_quality
    return {flag: counts[flag] / counts.total() for flag in Quality}


def good(found: dict[int, float]) -> bool:
    """The share of good data that may be flagged (alarms-and-quality: 1 % suspect, 0.1 % fail)."""
    return found[Quality.SUSPECT] <= 0.01 and found[Quality.FAIL] <= 0.001 and found[Quality.PASS] >= 0.989


def test_every_property_has_its_row() -> None:
    assert set(DEFAULTS) == set(OBSERVED_PROPERTIES)
    assert all(limits.ranged for limits in DEFAULTS.values())
    assert defaults_of("hj212_w99999") is NO_LIMITS


@pytest.mark.parametrize("station", ["dongsi", "huairou"])
@pytest.mark.parametrize("observed", AIR)
def test_a_year_of_good_air_data_passes(station: str, observed: str) -> None:
    column, divisor = AIR[observed]
    series = air(station, column)
    assert good(shares(observed, series.time, [value / divisor for value in series.value]))


@pytest.mark.parametrize("station", ["dongsi", "huairou"])
def test_a_year_of_humidity_passes(station: str) -> None:
    """Worked out of temperature and dew point (Magnus), to whole per cent as sensors tell it."""
    t, d = air(station, "temperature_cel"), air(station, "dew_point_cel")

    def humidity(at: float, dew: float) -> float:
        if isnan(at) or isnan(dew):
            return nan
        return round(100 * exp(17.625 * dew / (243.04 + dew)) / exp(17.625 * at / (243.04 + at)))

    assert good(shares("relative_humidity", t.time, [humidity(*pair) for pair in zip(t.value, d.value, strict=True)]))


def test_a_gauge_that_stood_still_for_months_fails() -> None:
    """The tidal gauge has a run of 3,503 equal hours and one of 709."""
    series = water_level()
    found = shares("water_level", series.time, list(series.value))
    assert 0.55 < found[Quality.FAIL] < 0.59
    assert found[Quality.SUSPECT] < 0.02
