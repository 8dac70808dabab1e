import pytest

from protocols.vocabulary import ManualClock
from simulators.environment import Site, Tempo, World
from simulators.environment.world import ANCHOR_MS
from simulators.faults import Fault, FaultPlan, Schedule
from simulators.faults.model import DAY_MS

SITE = Site("level-1")
HOUR_MS = 3_600_000
NOW_MS = ANCHOR_MS + 10 * DAY_MS


def seat(*faults, clock=None, speed=1.0, truth=None):
    plan = FaultPlan({"level-1": faults}, {"level-1": "imei:1"}, clock or ManualClock(NOW_MS))
    return plan.seat("level-1", World(1, Tempo(speed)), truth)


def always(kind, size=0.0, observed=()):
    return Fault(kind, Schedule("1/level-1/0", ANCHOR_MS), size, frozenset(observed))


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("spike", 3, lambda true: true + 3),
        ("step", -3, lambda true: true - 3),
        ("drift", 0.5, lambda true: true + 5),
        ("unit", 1000, lambda true: true * 1000),
    ],
)
def test_a_value_with_a_fault_is_a_function_of_the_true_one(kind, size, expected):
    true = World(1).value(SITE, "ph", NOW_MS)
    assert seat(always(kind, size)).world.value(SITE, "ph", NOW_MS) == pytest.approx(expected(true))
    assert seat(always(kind, size)).world.last_known(SITE, "ph", NOW_MS) == pytest.approx(expected(true))
    assert seat(always(kind, size, ["turbidity"])).world.value(SITE, "ph", NOW_MS) == true


def test_a_stuck_sensor_shows_what_was_there_when_it_stuck_at_any_speed():
    begin_ms = Tempo(60).simulated_ms(NOW_MS) - HOUR_MS
    world = seat(Fault("stuck", Schedule("k", begin_ms)), speed=60.0).world
    then = World(1, Tempo(60)).value(SITE, "ph", NOW_MS - 60_000)
    assert world.value(SITE, "ph", NOW_MS) == then
    assert world.value(SITE, "ph", NOW_MS + 30_000) == then
    assert world.value(SITE, "ph", NOW_MS - 61_000) != then


def test_nothing_is_shown_in_a_gap():
    world = seat(always("gap")).world
    assert world.value(SITE, "ph", NOW_MS) is None
    assert world.last_known(SITE, "ph", NOW_MS) == World(1).last_known(SITE, "ph", NOW_MS)


def test_swapped_words_are_another_float():
    world = seat(always("word_order")).world
    swapped = world.value(SITE, "water_temperature", NOW_MS)
    assert swapped != World(1).value(SITE, "water_temperature", NOW_MS)
    assert seat(always("word_order"), always("word_order")).world.value(SITE, "water_temperature", NOW_MS) == (
        pytest.approx(World(1).value(SITE, "water_temperature", NOW_MS))
    )


def test_noise_is_the_same_whenever_it_is_asked():
    world = seat(always("noise", 2.0)).world
    found = [
        world.value(SITE, "ph", NOW_MS + n * 1000) - World(1).value(SITE, "ph", NOW_MS + n * 1000) for n in range(400)
    ]
    assert found[7] == world.value(SITE, "ph", NOW_MS + 7000) - World(1).value(SITE, "ph", NOW_MS + 7000)
    assert abs(sum(found) / 400) < 0.4
    assert 1.7 < (sum(one * one for one in found) / 400) ** 0.5 < 2.3


def test_once_in_a_day_for_an_hour_at_a_time_drawn_by_lot():
    schedule = Schedule("k", ANCHOR_MS, ANCHOR_MS + 9 * DAY_MS, DAY_MS, HOUR_MS)
    on = [schedule.at(ms) for ms in range(ANCHOR_MS - DAY_MS, ANCHOR_MS + 11 * DAY_MS, 60_000)]
    seen = [one for one in dict.fromkeys(on) if one is not None]
    assert [one.number for one in seen] == list(range(9))
    assert len({(one.begin_ms - ANCHOR_MS) % DAY_MS for one in seen}) > 5
    assert all(one.end_ms - one.begin_ms == HOUR_MS for one in seen)
    at_ms, found = ANCHOR_MS, []
    while (one := schedule.following(at_ms)) is not None:
        found.append(one)
        at_ms = one.begin_ms + 1
    assert found == seen


def test_a_clock_that_is_ahead_stamps_what_is_there_now():
    clock = ManualClock(NOW_MS)
    found = seat(Fault("clock", Schedule("k", NOW_MS, NOW_MS + HOUR_MS), 28_800), clock=clock)
    assert found.clock.now_ms() == NOW_MS + 28_800_000
    assert found.world.value(SITE, "ph", found.clock.now_ms()) == World(1).value(SITE, "ph", NOW_MS)
    clock.advance(3600)
    assert found.clock.now_ms() == NOW_MS + HOUR_MS
    assert found.world.value(SITE, "ph", found.clock.now_ms()) == World(1).value(SITE, "ph", NOW_MS + HOUR_MS)


def test_a_device_without_faults_has_the_world_itself():
    world = World(1)
    assert FaultPlan({}, {}, ManualClock()).seat("other", world, None).world is world
