from datetime import UTC, datetime

import numpy as np
import pytest

from simulators.environment import Site, World
from simulators.environment.moment import HOUR_MS
from simulators.environment.tide import CONSTITUENTS, _waves, mean_water, stream, tide

MOUTH, WEST, NORTH = Site("m", 121.98, 31.44), Site("w", 121.18, 31.77), Site("n", 121.50, 31.80)
T0 = round(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
DAYS = 355
"""About a year, and a whole number of spring-neap cycles."""
WORLD = World(1)
STEP_MS = HOUR_MS // 4


def course(site, days=DAYS, work=tide):
    return np.array([work(WORLD.moment(site, T0 + n * STEP_MS)) for n in range(days * 96)])


@pytest.fixture(scope="module")
def mouth():
    return course(MOUTH)


def ranges(levels):
    turns = levels[1:-1][(np.diff(levels)[:-1] * np.diff(levels)[1:]) <= 0]
    return np.abs(np.diff(turns))


def amplitude(levels, speed_deg_h):
    hours = np.arange(len(levels)) / 4
    turned = levels * np.exp(-1j * np.radians(speed_deg_h) * hours)
    return 2 * abs(np.mean(turned * np.hanning(len(levels)) * 2))


def test_the_strongest_line_of_the_spectrum_is_m2_and_then_s2(mouth):
    lines = np.abs(np.fft.rfft(mouth * np.hanning(len(mouth))))
    cycles_a_day = np.fft.rfftfreq(len(mouth), 1 / 96)
    strongest = cycles_a_day[np.argmax(lines)]
    assert strongest == pytest.approx(24 * 28.9841042 / 360, abs=1 / DAYS)
    rest = np.where(np.abs(cycles_a_day - strongest) < 3 / DAYS, 0, lines)
    assert cycles_a_day[np.argmax(rest)] == pytest.approx(2.0, abs=1.5 / DAYS)


@pytest.mark.parametrize("one", [one for one in CONSTITUENTS if one.name in {"M2", "S2", "N2", "O1", "M4"}])
def test_analysis_finds_the_constants_that_went_in(mouth, one):
    nodal = {wave.speed: wave.amplitude_m for wave in _waves(T0 // 86_400_000 + DAYS // 2)}
    expected = min(nodal.items(), key=lambda item: abs(item[0] * 180 / np.pi * HOUR_MS - one.speed_deg_h))[1]
    assert amplitude(mouth, one.speed_deg_h) == pytest.approx(expected, rel=0.06, abs=0.01)


def test_the_range_at_the_mouth_is_that_of_a_moderately_strong_tide(mouth):
    found = ranges(mouth)
    assert 2.0 < found.mean() < 3.0
    assert 3.5 < np.quantile(found, 0.98) < 4.6
    assert np.quantile(found, 0.02) > 0.6


def test_springs_come_two_days_after_full_and_new_moon(mouth):
    daily = np.array([np.ptp(mouth[day * 96 : day * 96 + 100]) for day in range(60)])
    peaks = [day for day in range(2, 58) if daily[day] == max(daily[max(0, day - 5) : day + 6])]
    syzygies = [2.4, 17.8, 31.9, 47.5]  # 2026-01-03 10:03, 01-18 19:52, 02-01 22:09, 02-17 12:01, days of T0
    assert len(peaks) == 4
    for peak, moon in zip(peaks, syzygies, strict=True):
        assert 0 < peak + 0.5 - moon < 4
    assert min(daily) < 0.55 * max(daily)


def test_high_water_is_later_and_lower_in_the_west_and_highest_in_the_north_branch(mouth):
    west, north = course(WEST, 60), course(NORTH, 60)
    here = mouth[: len(west)]
    lags = [np.corrcoef(here[: len(west) - lag], west[lag:])[0, 1] for lag in range(24)]
    assert 1.8 < np.argmax(lags) / 4 < 3.2
    assert max(lags) > 0.98
    assert 0.65 < west.std() / here.std() < 0.9
    assert north.std() > 1.1 * here.std()


def test_the_stream_turns_after_high_and_low_water_and_the_ebb_lasts_longer():
    level, flow = course(WEST, 30), course(WEST, 30, stream)
    assert (flow > 0).mean() > 0.55
    lags = [np.corrcoef(-np.diff(level)[: -1 - lag], flow[1 + lag : -1])[0, 1] for lag in range(9)]
    assert max(lags) > 0.9


def test_the_mean_water_is_higher_upstream_and_in_autumn():
    september, april = (round(datetime(2026, month, 15, tzinfo=UTC).timestamp() * 1000) for month in (9, 4))
    values = [mean_water(WORLD.moment(site, at)) for site in (MOUTH, WEST) for at in (september, april)]
    assert values == pytest.approx([0.30, 0.11, 0.75, 0.39], abs=0.06)
