from itertools import pairwise

import pytest

from simulators.environment import Site, Typhoon, World
from simulators.environment.conditions import MAX_ORDERS
from simulators.environment.level import MAX_OPENING_M, TARGET_M
from simulators.environment.moment import HOUR_MS

T0 = 1_788_000_000_000
SLUICE = Site("sluice-1", 121.49, 31.67)
GAUGE, OTHER_END = Site("gauge-1", 121.48, 31.68), Site("gauge-2", 121.76, 31.53)
RIVER = Site("river-1", 121.60, 31.515)


def levels(world, site, hours=48):
    return [world.value(site, "water_level", T0 + n * HOUR_MS // 4) for n in range(hours * 4)]


def test_by_itself_a_sluice_drains_at_low_water_and_the_channels_hardly_move():
    world = World(3)
    at = [T0 + n * HOUR_MS // 4 for n in range(96 * 3)]
    outside = [world.value(Site("o", 121.49, 31.67, river=True), "water_level", one) for one in at]
    opening = [world.value(SLUICE, "gate_opening", one) for one in at]
    assert all(gate == 0 for gate, level in zip(opening, outside, strict=True) if level > TARGET_M)
    assert max(opening) > 0.5
    channel = [world.value(GAUGE, "water_level", one) for one in at]
    assert max(channel) - min(channel) < 0.4
    assert max(outside) - min(outside) > 1.5


def test_an_order_is_driven_and_moves_the_channels_around_within_bounds():
    told, left = World(3), World(3)
    told.open_gate(SLUICE, MAX_OPENING_M, T0)
    assert told.value(SLUICE, "gate_opening", T0 + 60_000) < 1.5
    assert told.value(SLUICE, "gate_opening", T0 + HOUR_MS) == MAX_OPENING_M
    moved = [abs(a - b) for a, b in zip(levels(told, GAUGE), levels(left, GAUGE), strict=True)]
    assert moved[0] < 0.01
    assert 0.1 < max(moved) < 0.45
    assert max(abs(b - a) for a, b in pairwise(moved)) < 0.15
    far = [abs(a - b) for a, b in zip(levels(told, OTHER_END), levels(left, OTHER_END), strict=True)]
    assert max(far) == 0


def test_before_an_order_the_world_was_as_without_it():
    told, left = World(3), World(3)
    told.open_gate(SLUICE, 1.0, T0 + 24 * HOUR_MS)
    assert levels(told, GAUGE, 24) == levels(left, GAUGE, 24)
    told.open_gate(SLUICE, 0.0, T0 + 12 * HOUR_MS)  # an order that is older than the last: that one never was
    assert told.value(SLUICE, "gate_opening", T0 + 30 * HOUR_MS) == 0


def test_orders_are_bounded_in_size_and_number():
    world = World(3)
    for opening in (-0.1, 3.1, float("nan")):
        with pytest.raises(ValueError, match="expected 0 to 3"):
            world.open_gate(SLUICE, opening, T0)
    for n in range(MAX_ORDERS + 10):
        world.open_gate(SLUICE, n % 3, T0 + n * 1000)
    assert len(world.conditions.sluices["sluice-1"].orders) == MAX_ORDERS


def test_a_storm_surge_lifts_the_river_and_not_the_channels():
    calm, storm = World(3), World(3, events=(Typhoon(T0),))
    lifted = [b - a for a, b in zip(levels(calm, RIVER), levels(storm, RIVER), strict=True)]
    assert 1.0 < max(lifted) < 2.5
    inland = [b - a for a, b in zip(levels(calm, GAUGE), levels(storm, GAUGE), strict=True)]
    assert 0.1 < max(inland) < 0.6  # by its rain
    assert storm.value(GAUGE, "wind_speed", T0 + 25 * HOUR_MS) > 10
    assert (
        storm.value(GAUGE, "air_pressure", T0 + 25 * HOUR_MS)
        < calm.value(GAUGE, "air_pressure", T0 + 25 * HOUR_MS) - 15
    )
    assert max(storm.value(GAUGE, "rainfall", T0 + n * HOUR_MS) for n in range(48)) > 6
