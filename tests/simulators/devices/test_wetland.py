from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from simulators.devices.wetland import HEIGHT, MOST, Wetland
from simulators.environment import Festival, Site, World
from simulators.environment.scene import MOST_DIRT, scene

SITE = Site("wetland-camera", 121.94, 31.52)
HOUR = 3_600_000


def ms(*when):
    return round(datetime(*when, tzinfo=UTC).timestamp() * 1000)


NOON = ms(2026, 9, 12, 4)
OPENING = ms(2026, 10, 3, 1)
WORLD = World(1, events=(Festival(OPENING),))
HOURS = [ms(2026, 9, 1) + n * HOUR for n in range(24 * 40)]
SCENES = {at: scene(WORLD.moment(SITE, at)) for at in HOURS}
CLEAR = {at: seen for at, seen in SCENES.items() if seen.daylight > 0.7 and seen.fog < 0.05 and seen.cloud < 0.5}


@pytest.fixture(scope="module")
def wetland():
    return Wetland(1, SITE, birds=3, people=1, world=WORLD)


def test_the_same_world_is_the_same_picture(wetland):
    again = Wetland(1, SITE, birds=3, people=1, world=World(1, events=(Festival(OPENING),)))
    assert (again.draw(NOON) == wetland.draw(NOON)).all()


def test_at_low_water_mud_lies_dry(wetland):
    low, high = (pick(CLEAR, key=lambda at: CLEAR[at].flood) for pick in (min, max))
    strip = slice(round(0.55 * HEIGHT), round(0.70 * HEIGHT))
    dry, wet = (wetland.draw(at)[strip, 700:].astype(int) for at in (low, high))
    assert (dry[:, :, 0] > dry[:, :, 2]).mean() > 0.6  # brown
    assert (wet[:, :, 2] > wet[:, :, 0]).mean() > 0.6  # blue


def test_fog_greys_rain_streaks_and_clouds_darken(wetland):
    clear = wetland.draw(max(CLEAR, key=lambda at: CLEAR[at].daylight))
    thick = max(SCENES, key=lambda at: SCENES[at].fog)
    assert SCENES[thick].fog > 0.3
    wetland.weather.daylight = 1.0
    try:
        foggy = wetland.draw(thick)
    finally:
        wetland.weather.daylight = None
    assert foggy.std() < 0.8 * clear.std()
    wettest = max((at for at in SCENES if SCENES[at].daylight > 0.9), key=lambda at: SCENES[at].rain_mm_h)
    assert SCENES[wettest].rain_mm_h > 2
    assert wetland.draw(wettest).mean() < 0.85 * clear.mean()


def test_birds_rest_at_night_and_come_in_spring_and_autumn_and_to_the_mud():
    by_month = [
        np.mean([scene(WORLD.moment(SITE, ms(2026, month, 3) + n * HOUR)).birds for n in range(24 * 14)])
        for month in (4, 7, 10)
    ]
    assert by_month[1] < 0.5 * min(by_month[0], by_month[2])
    assert all(seen.birds == 0 for seen in SCENES.values() if seen.daylight == 0)
    dry = [seen.birds for seen in CLEAR.values() if seen.flood < 0.4]
    wet = [seen.birds for seen in CLEAR.values() if seen.flood > 0.6]
    assert np.mean(dry) > 1.1 * np.mean(wet)


def test_people_come_by_day_at_weekends_and_in_crowds(wetland):
    assert all(seen.people == 0 for seen in SCENES.values() if seen.daylight == 0)
    week, end = ([], [])
    for at, seen in CLEAR.items():
        (end if WORLD.moment(SITE, at).weekend() else week).append(seen.people)
    assert np.mean(end) > 1.5 * np.mean(week)
    there = Counter(actor.kind for actor in wetland.present(OPENING + 5 * HOUR))
    usual = Counter(actor.kind for actor in wetland.present(OPENING + 5 * HOUR + 7 * 24 * HOUR))
    assert 20 <= there["person"] <= MOST
    assert usual["person"] < 8


def test_nobody_appears_in_the_middle_of_the_picture(wetland):
    before = set(wetland.present(OPENING))
    for at in range(OPENING + 3000, OPENING + HOUR // 3, 3000):
        now = set(wetland.present(at))
        for actor in now - before:
            x, _ = actor.place(at / 1000)
            assert min(abs(x + 0.1), abs(x - 1.1)) < 0.1
        before = now
    assert before


def test_what_is_set_by_hand_counts_more_than_the_world(wetland):
    wetland.weather.fog, wetland.weather.dirt = 1.0, 0.0
    try:
        assert wetland.draw(NOON).std() < 12
    finally:
        wetland.weather.fog = wetland.weather.dirt = None
    assert max(seen.dirt for seen in SCENES.values()) <= MOST_DIRT
