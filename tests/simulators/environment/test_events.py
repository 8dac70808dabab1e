from itertools import pairwise
from math import hypot

import pytest

from simulators.environment import SCENARIOS, Festival, Site, Spill, Typhoon, World
from simulators.environment.events import NOTHING, SOUTH_SHORE, together

HOUR = 3_600_000
T0 = 1_788_000_000_000
TOWN = (121.39252, 31.63082)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_before_and_after_an_event_there_is_nothing(name):
    events = SCENARIOS[name](T0)
    end = max(event.end_ms for event in events)
    assert together(events, *TOWN, T0 - 1) == together(events, *TOWN, end) == NOTHING
    assert events == SCENARIOS[name](T0)
    assert hash(events) == hash(SCENARIOS[name](T0))


def test_in_a_typhoon_the_pressure_falls_the_wind_turns_and_the_water_rises_and_nothing_jumps():
    typhoon = Typhoon(T0)
    course = [typhoon.influence(*TOWN, T0 + n * 600_000) for n in range(6 * 48)]
    deepest = min(range(len(course)), key=lambda n: course[n].pressure_hpa)
    assert course[deepest].pressure_hpa < -15
    assert 6 * 18 < deepest < 6 * 30
    assert max(hypot(one.east_m_s, one.north_m_s) for one in course) > 18
    assert max(one.surge_m for one in course) > 1.0
    assert course[deepest - 60].east_m_s < -5  # from the sea while it comes
    assert course[deepest + 60].north_m_s > 5  # and from the south when it is past
    for one, other in pairwise(course):
        assert abs(one.pressure_hpa - other.pressure_hpa) < 3
        assert abs(one.surge_m - other.surge_m) < 0.2


def test_a_spill_comes_later_downstream_and_thinner():
    spill, hours = Spill(T0), range(72)

    def course(at):
        return [spill.influence(*at, T0 + hour * HOUR).pollution for hour in hours]

    upper, lower = course(SOUTH_SHORE[1]), course(SOUTH_SHORE[3])
    assert max(upper) > max(lower) > 0.1
    assert lower.index(max(lower)) > upper.index(max(upper)) + 10
    assert max(course((121.3, 31.83))) == 0  # the other shore


def test_a_crowd_is_loud_only_where_it_is():
    festival = Festival(T0)
    near, far = (festival.influence(x, y, T0 + 5 * HOUR) for x, y in ((121.94, 31.52), TOWN))
    assert near.people > 20
    assert near.noise_db > 75
    assert far == NOTHING


def test_a_world_tells_of_its_events():
    world = World(1, events=SCENARIOS["typhoon"](T0))
    assert world.influence(Site("a", *TOWN), T0 + 24 * HOUR).pressure_hpa < -15
    assert World(1).influence(Site("a", *TOWN), T0 + 24 * HOUR) == NOTHING


def test_a_spill_is_in_the_water_as_one_would_measure_it():
    calm, foul = World(1), World(1, events=(Spill(T0),))
    at = Site("sonde", *SOUTH_SHORE[2], river=True)
    worst = max(range(72), key=lambda hour: foul.influence(at, T0 + hour * HOUR).pollution)
    before, then = (
        {observed: world.value(at, observed, T0 + worst * HOUR) for observed in ("ammonia_nitrogen", "cod", "ph")}
        for world in (calm, foul)
    )
    assert then["ammonia_nitrogen"] > before["ammonia_nitrogen"] + 2
    assert then["cod"] > 1.5 * before["cod"]
    assert then["ph"] < before["ph"] - 0.2
    oxygen = [world.value(at, "dissolved_oxygen", T0 + worst * HOUR) for world in (calm, foul)]
    assert oxygen[1] < 0.8 * oxygen[0]


def test_a_festival_is_heard_and_breathed_nearby():
    calm, loud = World(1), World(1, events=(Festival(T0),))
    near, far = Site("n", 121.943, 31.522), Site("f", *TOWN)
    noon = T0 + 5 * HOUR
    assert loud.value(near, "noise", noon) > calm.value(near, "noise", noon) + 15
    assert loud.value(near, "pm2_5", noon) > calm.value(near, "pm2_5", noon) + 15
    assert loud.value(far, "noise", noon) == calm.value(far, "noise", noon)
