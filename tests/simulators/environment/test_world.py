import json
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite

import pytest

from protocols.vocabulary import OBSERVED_PROPERTIES
from simulators.devices.coap_node import SENSORS
from simulators.devices.hj212_content import station_type
from simulators.devices.register_map import REGISTER_MAPS
from simulators.devices.sl651_content import STATION_TYPES
from simulators.environment import Site, Tempo, World
from simulators.environment.generated import DUSK_DEG, GENERATED, active_power
from simulators.environment.measured import MEASURED, lag_ms
from simulators.environment.sun import elevation
from simulators.environment.wander import wander
from simulators.environment.world import ANCHOR_MS
from simulators.layout import layout
from simulators.measurements import Replay, air, water_level

HOUR = 3_600_000
SITE = Site("lamp-1")
RIVER = Site("gauge-1", 121.95, 31.45)
NOW = round(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp() * 1000)
REPLAY = MEASURED
EVERY = sorted(GENERATED.keys() | MEASURED)
ALL_YEAR = World(7)
"""One world, so that its weather is worked out once for all properties."""
STANDING = {"relay_closed", "smoke_alarm", "gas_alarm", "cover_open"}
"""What never changes by itself, or for an hour in months."""


@pytest.mark.parametrize("observed", EVERY)
def test_every_property_is_known_and_within_its_gross_range_all_year(observed):
    row = OBSERVED_PROPERTIES[observed]
    world = ALL_YEAR
    values = [
        world.value(site, observed, NOW + hour * HOUR) for site in (SITE, RIVER) for hour in range(0, 366 * 24, 211)
    ]
    assert all(row.low <= value <= row.high for value in values)
    assert len(set(values)) > 1 or observed in STANDING
    assert abs(world.value(SITE, observed, NOW + 100) - world.value(SITE, observed, NOW)) <= (row.high - row.low) / 100


def minutes_on(observed, days, device="house-7"):
    world = World(7)
    site = Site(device)
    return [minute for minute in range(days * 1440) if world.value(site, observed, NOW + minute * 60_000)]


def test_smoke_and_lifted_covers_are_rare_and_short():
    for observed, most in (("smoke_alarm", 25), ("cover_open", 91)):
        on = minutes_on(observed, 300)
        incidents = [minute for minute in on if minute - 1 not in on]
        assert 1 <= len(incidents) <= 15
        assert all(incident + most not in on for incident in incidents)


def test_gas_alarm_is_a_leak_that_somebody_airs_out():
    world = World(7)
    houses = [Site(f"house-{number}") for number in range(40)]
    found = [(site, NOW + step * 600_000) for site in houses for step in range(30 * 144)
             if world.value(site, "gas_alarm", NOW + step * 600_000)]  # fmt: skip
    assert found
    for site, at in found:
        assert world.value(site, "combustible_gas", at) >= 10
        assert world.value(site, "combustible_gas", at + 3 * HOUR) < 10


@pytest.mark.parametrize("observed", sorted(MEASURED))
def test_what_is_replayed_is_within_its_gross_range(observed):
    row = OBSERVED_PROPERTIES[observed]
    world = World(7, replay=REPLAY)
    values = [world.value(SITE, observed, NOW + hour * HOUR) for hour in range(0, 366 * 24, 37)]
    known = [value for value in values if value is not None]
    assert len(known) > len(values) * 0.85
    assert all(row.low <= value <= row.high for value in known)
    assert len(set(known)) > 1


OF_A_SLUICE = {"drive_running"}  # what its controller knows of itself


def test_every_property_of_every_simulated_device_is_in_the_world():
    said = {observed for plan in layout(1000, 1) for observed in plan.observed}
    said |= SENSORS.keys() | {observed for registers in REGISTER_MAPS.values() for observed in registers.observed}
    said |= {row.observed for station in STATION_TYPES.values() for row in station.elements}
    said |= {factor.observed for kind in ("air", "surface_water", "noise") for factor in station_type(kind).factors}
    assert {one.partition("/")[0] for one in said} - OF_A_SLUICE <= GENERATED.keys()
    assert GENERATED.keys() >= MEASURED
    assert GENERATED.keys() <= OBSERVED_PROPERTIES.keys()


def asked(world, order):
    return {(observed, at): repr(world.value(SITE, observed, at)) for observed, at in order}


def test_another_process_finds_the_same_values_in_another_order():
    order = [(observed, NOW + n * 977_777_777) for observed in EVERY for n in range(5)]
    here = asked(World(3, replay=REPLAY), order)
    code = (
        "import json\n"
        "from tests.simulators.environment.test_world import *\n"
        f"order = [tuple(one) for one in json.loads('{json.dumps(order)}')]\n"
        "print(sorted(asked(World(3, replay=REPLAY), reversed(order)).items()))"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert there == f"{sorted(here.items())}\n"


def test_seed_and_device_make_the_difference():
    made = [(1, "a"), (2, "a"), (1, "b"), (1, "a")]
    assert len({World(seed).value(Site(device), "signal_strength", NOW) for seed, device in made}) == 3


def test_replayed_air_is_the_real_series_later_in_the_east_and_mixed_between_town_and_country():
    world = World(5, replay=REPLAY)
    west, east = Site("a", 121.16, 31.80), Site("b", 122.05, 31.50)
    assert lag_ms(world.moment(west, NOW)) < 5 * 60_000
    assert lag_ms(world.moment(east, NOW)) == 90 * 60_000
    town, country = Replay(air("dongsi", "pm2_5_ug_m3")), Replay(air("huairou", "pm2_5_ug_m3"))
    moment = world.moment(SITE, NOW)
    for hours in range(0, 400, 7):
        at = NOW + hours * HOUR - lag_ms(moment)
        share = moment.place().urban
        expected = country.at(at) * (1 - share) + town.at(at) * share
        assert world.value(SITE, "pm2_5", NOW + hours * HOUR) == pytest.approx(expected)
        assert world.value(east, "pm2_5", at + 90 * 60_000) == pytest.approx(country.at(at))
    mouth = Site("c", 122.0, 31.4)
    assert world.value(mouth, "water_level", NOW) == Replay(water_level()).at(NOW)


def test_a_gap_of_a_replayed_series_is_a_gap_of_the_world():
    values = [World(5, replay=REPLAY).value(SITE, "water_level", NOW + n * HOUR // 2) for n in range(2 * 24 * 308)]
    assert None in values


def test_only_what_is_told_so_is_replayed():
    model, replayed = World(5), World(5, replay=frozenset({"pm2_5"}))
    assert replayed.value(SITE, "pm2_5", NOW) != model.value(SITE, "pm2_5", NOW)
    assert replayed.value(SITE, "pm10", NOW) == model.value(SITE, "pm10", NOW)
    with pytest.raises(ValueError, match="ph: no series; expected some of air_pressure, "):
        World(5, replay=frozenset({"ph"}))


def test_speed_makes_the_series_run_faster_and_leaves_the_anchor():
    slow, fast = World(1), World(1, Tempo(speed=60))
    assert fast.value(SITE, "ph", ANCHOR_MS) == slow.value(SITE, "ph", ANCHOR_MS)
    assert fast.value(SITE, "ph", ANCHOR_MS + 1000) == slow.value(SITE, "ph", ANCHOR_MS + 60_000)
    assert Tempo(speed=60).real_s(300) == 5


def test_the_sun_over_chongming():
    noon = round(datetime(2026, 6, 21, 3, 56, tzinfo=UTC).timestamp() * 1000)  # 121.4° E: about 11:56 in China
    assert elevation(121.4, 31.63, noon) == pytest.approx(90 - 31.63 + 23.44, abs=0.5)
    midwinter = round(datetime(2026, 12, 21, 3, 52, tzinfo=UTC).timestamp() * 1000)
    assert elevation(121.4, 31.63, midwinter) == pytest.approx(90 - 31.63 - 23.44, abs=0.5)
    # Shanghai, 2026-03-20: sunrise is at 06:00 local time, and the sun stands in the horizon.
    assert elevation(121.47, 31.23, round(datetime(2026, 3, 19, 22, 1, tzinfo=UTC).timestamp() * 1000)) == (
        pytest.approx(0, abs=1.0)
    )


def test_lamps_burn_from_dusk_to_dawn_and_draw_power_then():
    world = World(1)
    for quarter in range(96 * 3):
        at = NOW + quarter * HOUR // 4
        moment = world.moment(SITE, at)
        dark = moment.sun() < DUSK_DEG
        level = world.value(SITE, "lamp_level", at)
        assert level in ((50.0, 100.0) if dark else (0.0,))
        assert (active_power(moment) > 40) == dark


def test_wander_is_smooth():
    steps = [wander("k", n * 1000, 600_000) for n in range(3000)]
    assert max(abs(b - a) for a, b in pairwise(steps)) < 0.01
    assert min(steps) < -0.3
    assert max(steps) > 0.3


@pytest.mark.parametrize("observed", sorted(MEASURED))
def test_last_known_always_knows(observed):
    world = World(5, replay=REPLAY)
    gaps = 0
    for hour in range(0, 366 * 24, 3):
        at = NOW + hour * HOUR
        value, known = world.value(SITE, observed, at), world.last_known(SITE, observed, at)
        gaps += value is None
        assert value is None or known == value
    assert gaps > 0


@pytest.mark.parametrize("observed", sorted(GENERATED))
def test_far_places_and_far_years_have_values_too(observed):
    world = World(1, Tempo(speed=100_000))
    for site in (Site("pole", -180.0, 90.0), Site("sea", 180.0, -78.5), Site("street", 0.0, 70.0)):
        for years in (0, 0.03, 0.4):
            value = world.value(site, observed, ANCHOR_MS + round(years * 365 * 24 * HOUR))
            assert isfinite(value)
