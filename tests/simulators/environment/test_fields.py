from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from simulators.environment import Site, World
from simulators.environment.air import traffic
from simulators.environment.moment import DAY_MS, HOUR_MS
from simulators.environment.power import cabinet_losses
from simulators.environment.rain import rain_left, rain_rate, rain_sum, storms_of
from simulators.environment.storms import Passage, amount, intensity, remembered

JUNE = round(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1000)
WORLD = World(2)
HERE, NEAR, FAR = Site("a", 121.40, 31.63), Site("b", 121.41, 31.64), Site("c", 121.80, 31.47)
HOURS = 24 * 24
COUNTERS = ("active_energy", "water_volume", "gas_volume", "heat_energy", "lamp_hours")


def course(site, observed, hours=HOURS, start=JUNE, world=WORLD):
    return np.array([world.value(site, observed, start + n * HOUR_MS) for n in range(hours)])


def alike(a, b):
    return np.corrcoef(a, b)[0, 1]


@pytest.mark.parametrize(
    "observed",
    ["air_temperature", "relative_humidity", "air_pressure", "pm2_5", "o3", "rainfall", "wind_speed", "illuminance"],
)
def test_neighbours_agree_and_far_ones_less(observed):
    here, near, far = (course(site, observed) for site in (HERE, NEAR, FAR))
    assert alike(here, near) > 0.85
    assert alike(here, near) > alike(here, far)


def test_neighbours_have_the_same_rain_and_nearly_the_same_air():
    here, near = (course(site, "rainfall") for site in (HERE, NEAR))
    assert here.sum() > 50
    assert here.sum() == pytest.approx(near.sum(), rel=0.15)
    assert np.abs(course(HERE, "air_temperature") - course(NEAR, "air_temperature")).max() < 1.2
    assert np.abs(course(HERE, "air_pressure") - course(NEAR, "air_pressure")).max() < 1.2


@pytest.mark.parametrize("observed", ["turbidity", "dissolved_oxygen", "water_level", "soil_moisture", "noise"])
def test_neighbouring_water_soil_and_streets_agree(observed):
    assert alike(course(HERE, observed), course(NEAR, observed)) > 0.8


def test_sums_of_rain_are_those_of_its_intensity():
    rain = (Passage(10.0 * HOUR_MS, 0.7, 8.0), Passage(13.0 * HOUR_MS, 0.3, 20.0))
    grid = np.arange(0, 24 * 60) / 60
    rates = np.array([intensity(rain, round(hour * HOUR_MS)) for hour in grid])
    assert amount(rain, 0, 24 * HOUR_MS) == pytest.approx(rates.sum() / 60, rel=0.01)
    assert amount(rain, 9 * HOUR_MS, 11 * HOUR_MS) == pytest.approx(rates[540:660].sum() / 60, rel=0.01)
    for at, fading in ((12, 3.0), (20, 12.0), (24, 60.0)):
        before = rates * np.exp(-(at - grid) / fading) * (grid <= at) / 60
        assert remembered(rain, at * HOUR_MS, fading) == pytest.approx(before.sum(), rel=0.01)


def test_storms_of_a_seed_are_the_same_and_summer_has_the_most():
    day = JUNE // DAY_MS
    assert [storms_of(2, day + n) for n in range(30)] == [storms_of(2, day + n) for n in range(30)]
    moments = [WORLD.moment(HERE, JUNE + n * DAY_MS) for n in range(-150, 215)]
    daily = np.array([rain_sum(moment, 24) for moment in moments])
    assert 600 < daily.sum() < 2000
    assert 60 < (daily > 0.1).sum() < 190
    assert daily[110:240].sum() > daily[-60:].sum()


def wet_hour(least=5.0):
    """The middle of the strongest rain of some weeks."""
    at = max((JUNE + n * HOUR_MS for n in range(HOURS)), key=lambda at: rain_rate(WORLD.moment(HERE, at)))
    assert rain_rate(WORLD.moment(HERE, at)) > least
    return at


def test_rain_washes_the_air_wets_the_soil_muddies_the_channels_and_raises_them():
    before, after = wet_hour() - 6 * HOUR_MS, wet_hour() + 3 * HOUR_MS
    assert rain_left(WORLD.moment(HERE, after)).h5 > rain_left(WORLD.moment(HERE, before)).h5 + 3
    for observed, factor in (("turbidity", 1.2), ("soil_moisture", 1.02), ("water_level", 1.01)):
        assert WORLD.value(HERE, observed, after) > factor * WORLD.value(HERE, observed, before)
    assert WORLD.value(HERE, "pm2_5", after) < 0.8 * WORLD.value(HERE, "pm2_5", before)
    assert WORLD.value(HERE, "relative_humidity", wet_hour()) > 85


def test_it_is_darker_under_the_clouds_of_the_rain():
    light, rain = course(HERE, "illuminance"), course(HERE, "rainfall")
    noons = slice(4, None, 24)
    assert light[noons][rain[noons] > 1].mean() < 0.6 * light[noons][rain[noons] == 0].mean()


def test_oxygen_and_ph_follow_the_light_by_some_hours():
    oxygen = course(HERE, "dissolved_oxygen").reshape(-1, 24).mean(axis=0)
    ph = course(HERE, "ph").reshape(-1, 24).mean(axis=0)
    light = course(HERE, "illuminance").reshape(-1, 24).mean(axis=0)
    noon = int(np.argmax(light))  # 4 h UTC is noon in China
    assert noon in (3, 4, 5)
    assert 2 <= int(np.argmax(ph)) - noon <= 6
    assert 1 <= int(np.argmax(oxygen)) - noon <= 6
    assert 0 < np.ptp(ph) < 1


@pytest.mark.parametrize("observed", COUNTERS)
@pytest.mark.parametrize("load", ["lamp", "house", "cabinet"])
def test_what_counts_never_counts_backwards(observed, load):
    site = Site("meter", 121.4, 31.63, load)
    steps = [WORLD.value(site, observed, JUNE + n * 1_800_000) for n in range(48 * 20)]
    steps += [WORLD.value(site, observed, JUNE + 20 * DAY_MS + n * DAY_MS * 10) for n in range(80)]
    assert all(b >= a for a, b in pairwise(steps))
    assert steps[0] > 0


@pytest.mark.parametrize("load", ["lamp", "house", "cabinet"])
def test_energy_is_the_sum_of_power(load):
    site = Site("meter", 121.4, 31.63, load)
    span = 10 * 24 * 4
    watts = np.array([WORLD.value(site, "active_power", JUNE + n * HOUR_MS // 4) for n in range(span)])
    counted = WORLD.value(site, "active_energy", JUNE + 10 * DAY_MS) - WORLD.value(site, "active_energy", JUNE)
    assert counted == pytest.approx(watts.sum() / 4 / 1000, rel=0.05)


def test_a_cabinet_takes_more_than_its_lamps():
    assert cabinet_losses(0, 3000) > 0
    assert cabinet_losses(3000, 3000) - cabinet_losses(0, 3000) == pytest.approx(
        4 * (cabinet_losses(1500, 3000) - cabinet_losses(0, 3000))
    )


def test_the_failing_lamp_burns_no_more_and_is_repaired():
    failing = next(
        site for n in range(1000) if WORLD.moment(site := Site(f"lamp-{n}"), JUNE).trait("lamp fails") < 0.03
    )
    nights = [WORLD.value(failing, "active_power", JUNE + n * DAY_MS + 14 * HOUR_MS) for n in range(365)]  # 22:00
    assert 7 <= sum(watts < 5 for watts in nights) <= 11
    assert np.median(nights) > 90


def test_traffic_has_two_peaks_and_rests_at_the_weekend():
    monday = next(JUNE + n * DAY_MS for n in range(7) if WORLD.moment(HERE, JUNE + n * DAY_MS).day() % 7 == 4)
    week = np.array([traffic(WORLD.moment(HERE, monday - 8 * HOUR_MS + n * HOUR_MS)) for n in range(7 * 24)])
    days = week.reshape(7, 24)
    assert days[:5, 8].min() > days[:5, 12].max()
    assert days[:5, 17].min() > days[:5, 12].max()
    assert days[5:].sum() / 2 < 0.95 * days[:5].sum() / 5
    assert days[:, 3].max() < 0.1


def test_a_bin_fills_by_day_and_is_emptied_in_the_morning():
    levels = course(Site("bin-1"), "fill_level", 24 * 14)
    emptied = np.flatnonzero(np.diff(levels) < 0)
    assert 4 <= len(emptied) <= 14
    assert {int((hour + 8) % 24) for hour in emptied} <= {4, 5, 6, 7, 8}
    assert levels.min() >= 2


def test_cold_weakens_a_battery_and_years_use_it_up():
    site = Site("node-1")
    level = course(site, "battery_level", 24 * 30)
    assert (np.diff(level) <= 0).sum() >= len(level) - 2
    cold = World(2).value(site, "battery_voltage", JUNE + 225 * DAY_MS)
    assert cold < WORLD.value(site, "battery_voltage", JUNE + 40 * DAY_MS)
