import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from protocols.vocabulary import OBSERVED_PROPERTIES
from simulators.environment import Site, Tempo, World
from simulators.environment.generated import DUSK_DEG, GENERATED, active_power
from simulators.environment.measured import MEASURED, lag_ms
from simulators.environment.sun import elevation
from simulators.environment.wander import wander
from simulators.environment.world import ANCHOR_MS
from simulators.measurements import Replay, air, water_level

HOUR = 3_600_000
SITE = Site("lamp-1")
NOW = round(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp() * 1000)
EVERY = sorted(GENERATED.keys() | MEASURED)


@pytest.mark.parametrize("observed", EVERY)
def test_every_property_is_known_and_within_its_gross_range_all_year(observed):
    row = OBSERVED_PROPERTIES[observed]
    values = [World(7).value(SITE, observed, NOW + hour * HOUR) for hour in range(0, 366 * 24, 37)]
    known = [value for value in values if value is not None]
    assert len(known) > len(values) * 0.85
    assert all(row.low <= value <= row.high for value in known)
    assert len(set(known)) > 1


def test_another_process_finds_the_same_values():
    instants = [NOW + n * 977_777 for n in range(5)]
    here = [repr(World(3).value(SITE, observed, at)) for observed in EVERY for at in instants]
    code = (
        "from simulators.environment import *\n"
        f"for o in {EVERY!r}:\n for t in {instants!r}:\n  print(repr(World(3).value(Site('lamp-1'), o, t)))"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert there == here


def test_seed_and_device_make_the_difference():
    ph = {World(seed).value(Site(device), "ph", NOW) for seed, device in [(1, "a"), (2, "a"), (1, "b"), (1, "a")]}
    assert len(ph) == 3


def test_air_is_the_real_series_a_little_later():
    world = World(5)
    moment = world.moment(SITE, NOW)
    station = "dongsi" if moment.trait("station") < 0.5 else "huairou"
    for hours in range(0, 400, 7):
        at = NOW + hours * HOUR
        expected = Replay(air(station, "pm2_5_ug_m3")).at(at - lag_ms(moment))
        assert world.value(SITE, "pm2_5", at) == expected
    assert world.value(SITE, "water_level", NOW) == Replay(water_level()).at(NOW - lag_ms(moment))
    assert 0 <= lag_ms(moment) < 90 * 60_000


def test_a_gap_of_the_series_is_a_gap_of_the_world():
    world = World(5)
    values = [world.value(SITE, "water_level", NOW + n * HOUR // 2) for n in range(2 * 24 * 308)]
    assert None in values


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
    world = World(5)
    gaps = 0
    for hour in range(366 * 24):
        at = NOW + hour * HOUR
        value, known = world.value(SITE, observed, at), world.last_known(SITE, observed, at)
        gaps += value is None
        assert value is None or known == value
    assert gaps > 0
