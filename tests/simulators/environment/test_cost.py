"""How much is worked out for one value: counted, because the machine's speed is not the world's."""

import pytest

from simulators.environment import Site, World, rain, weather
from simulators.environment.generated import GENERATED
from simulators.environment.knots import KNOT_MS
from simulators.environment.moment import DAY_MS, Moment

T0 = 1_788_000_000_000


@pytest.fixture
def counted(monkeypatch):
    """How often a site was looked at at all for its weather's knots and its days of rain."""
    calls = {"cloud": 0, "day": 0}
    cloud, day = weather._cloud, rain.storms_of.__wrapped__

    def of_cloud(moment):
        calls["cloud"] += 1
        return cloud(moment)

    def of_day(seed, number):
        calls["day"] += 1
        return day(seed, number)

    monkeypatch.setattr(weather, "_cloud", of_cloud)
    monkeypatch.setattr(rain, "storms_of", of_day)
    return calls


def test_a_second_later_nothing_is_worked_out_again(counted):
    world, site = World(91), Site("x", 121.456, 31.654)
    for n in range(5):
        world.value(site, "air_temperature", T0 + n * 1000)
    once = dict(counted)
    assert once["cloud"] in (2, 3)  # the knots before and after
    for n in range(300):
        for observed in ("relative_humidity", "air_temperature", "wind_speed"):
            world.value(site, observed, T0 + n * 1000)
    assert counted["cloud"] <= once["cloud"] + 1
    assert counted["day"] == once["day"]


@pytest.mark.parametrize("observed", sorted(GENERATED))
def test_no_value_needs_more_than_some_knots_and_a_few_weeks_of_storms(counted, observed):
    world = World(92)
    GENERATED[observed](world.moment(Site("x", 121.457, 31.655), T0 + 400 * DAY_MS + 777))
    assert counted["cloud"] <= 10
    assert counted["day"] <= 60


def test_knots_of_different_places_fall_on_different_seconds():
    starts = {
        round(Moment(1, Site("x", 121.4 + n / 1000, 31.6), T0).place().stagger * KNOT_MS) // 1000 for n in range(100)
    }
    assert len(starts) > 80
