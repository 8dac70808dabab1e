from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alarms.engine import Change, Condition, Engine, Transition
from cloud.alarms.plan import Key, Plan
from cloud.registry.rules import Rule
from protocols.vocabulary import Quality
from tests.cloud.alarms.readings import Row, columns, rule

NOW = 1_000_000_000
AGE = 900_000
YOUNG, OLD = NOW - 1000, NOW - AGE
KEY = Key(1, 0)


def engine(*rules: Rule, streams: Iterable[int] = (0,), shelved: dict[Key, int] | None = None) -> Engine:
    made = Engine(AGE)
    made.install(Plan.of([(one, list(streams)) for one in rules or (rule(),)], shelved or {}), NOW)
    return made


def told(transitions: Sequence[Transition]) -> list[tuple[Change, bool, bool]]:
    return [(one.change, one.active, one.notify) for one in transitions]


def test_raised_above_cleared_at_the_deadband() -> None:
    machine = engine()
    seen = []
    for step, value in enumerate([29.9, 30.0, 30.1, 31.0, 29.0, 28.1, 28.0, 29.9, 30.5]):
        seen += [(one.change, one.value) for one in machine.take(columns((0, YOUNG + step, value)), NOW)]
    assert seen == [(Change.RAISED, 30.1), (Change.CLEARED, 28.0), (Change.RAISED, 30.5)]


def test_below_is_the_mirror_image() -> None:
    machine = engine(rule(comparison="lt", limit=5.0, deadband=1.0))
    seen = []
    for step, value in enumerate([5.0, 4.9, 5.9, 6.0, 5.1]):
        seen += [(one.change, one.value) for one in machine.take(columns((0, YOUNG + step, value)), NOW)]
    assert seen == [(Change.RAISED, 4.9), (Change.CLEARED, 6.0)]


@pytest.mark.parametrize("quality", [Quality.FAIL, Quality.MISSING])
def test_no_process_value_neither_raises_nor_clears_nor_counts_as_newer(quality: Quality) -> None:
    machine = engine()
    assert machine.take(columns((0, YOUNG + 5, 99.0, quality)), NOW) == []
    assert told(machine.take(columns((0, YOUNG + 1, 31.0)), NOW)) == [(Change.RAISED, True, True)]
    assert machine.take(columns((0, YOUNG + 6, 1.0, quality), (0, YOUNG + 7, float("nan"), quality)), NOW) == []
    assert machine.active == 1


def test_suspect_is_evaluated() -> None:
    assert engine().take(columns((0, YOUNG, 31.0, Quality.SUSPECT)), NOW)[0].change is Change.RAISED


def test_old_readings_change_the_state_but_tell_nobody_until_a_young_one_confirms_it() -> None:
    machine = engine()
    assert told(machine.take(columns((0, OLD - 5, 31.0)), NOW)) == [(Change.RAISED, True, False)]
    assert machine.take(columns((0, OLD - 4, 32.0)), NOW) == []
    confirmed = machine.take(columns((0, YOUNG, 29.0)), NOW)  # within the deadband: still active
    assert told(confirmed) == [(Change.CONFIRMED, True, True)]
    assert machine.take(columns((0, YOUNG + 1, 29.0)), NOW) == []


def test_what_came_and_went_in_a_backlog_wakes_nobody() -> None:
    machine = engine()
    seen = machine.take(columns((0, OLD - 5, 31.0), (0, OLD - 4, 20.0), (0, YOUNG, 20.0)), NOW)
    assert told(seen) == [(Change.RAISED, True, False), (Change.CLEARED, False, False)]


def test_the_end_of_an_announced_alarm_is_told_even_when_it_was_seen_late() -> None:
    machine = engine()
    machine.take(columns((0, OLD - 9, 31.0)), OLD - 9)
    assert told(machine.take(columns((0, OLD - 5, 20.0)), NOW)) == [(Change.CLEARED, False, False)]
    assert told(machine.take(columns((0, YOUNG, 20.0)), NOW)) == [(Change.CONFIRMED, False, True)]
    assert machine.active == 0


def test_age_is_counted_exactly() -> None:
    assert engine().take(columns((0, NOW - AGE, 31.0)), NOW)[0].notify is False
    assert engine().take(columns((0, NOW - AGE + 1, 31.0)), NOW)[0].notify is True


def test_late_reading_changes_nothing() -> None:
    machine = engine()
    machine.take(columns((0, YOUNG, 31.0)), NOW)
    assert machine.take(columns((0, YOUNG - 1, 1.0), (0, YOUNG, 1.0)), NOW) == []
    machine.take(columns((0, YOUNG + 5, 1.0)), NOW)
    assert machine.take(columns((0, YOUNG + 4, 99.0)), NOW) == []


def test_quiet_readings_count_as_evaluated() -> None:
    machine = engine()
    assert machine.take(columns((0, YOUNG + 5, 1.0)), NOW) == []
    assert machine.take(columns((0, YOUNG + 4, 99.0)), NOW) == []


def test_unwatched_and_unknown_datastreams_are_passed_over() -> None:
    machine = engine(streams=(3,))
    assert machine.take(columns((2, YOUNG, 99.0), (4, YOUNG, 99.0), (2_000_000, YOUNG, 99.0)), NOW) == []
    assert Engine().take(columns((0, YOUNG, 99.0)), NOW) == []


def test_rules_on_one_datastream_are_independent() -> None:
    machine = engine(rule(1, "gt", 30.0), rule(2, "lt", 5.0), rule(3, "gt", 40.0))
    seen = machine.take(columns((0, YOUNG, 45.0), (0, YOUNG + 1, 4.0), (0, YOUNG + 2, 10.0)), NOW)
    assert [(one.key.rule, one.change) for one in seen] == [
        (1, Change.RAISED),
        (3, Change.RAISED),
        (1, Change.CLEARED),
        (2, Change.RAISED),
        (3, Change.CLEARED),
        (2, Change.CLEARED),
    ]


def test_rule_that_goes_withdraws_what_it_raised() -> None:
    machine = engine(rule(1), rule(2, limit=31.0))
    machine.take(columns((0, YOUNG, 32.0)), NOW)
    withdrawn = machine.install(Plan.of([(rule(2, limit=31.0), [0])], {}), NOW)
    assert withdrawn == [Transition(Key(1, 0), Change.WITHDRAWN, NOW, None, False, True)]
    assert machine.active == 1
    assert machine.install(Plan.of((), {}), NOW)[0].key == Key(2, 0)
    assert machine.active == 0


def test_other_threshold_is_evaluated_on_the_latest_reading() -> None:
    machine = engine()
    latest = columns((0, YOUNG, 35.0))
    machine.take(latest, NOW)
    assert machine.install(Plan.of([(rule(limit=40.0), [0])], {}), NOW) == []
    assert told(machine.settle(latest, NOW)) == [(Change.CLEARED, False, True)]


def test_settling_again_changes_nothing_and_makes_older_readings_late() -> None:
    machine = engine(streams=(0, 1))
    latest = columns((0, YOUNG, 31.0), (1, YOUNG, 99.0, Quality.FAIL))
    assert told(machine.settle(latest, NOW)) == [(Change.RAISED, True, True)]
    assert machine.settle(latest, NOW) == []
    assert machine.take(columns((0, YOUNG - 1, 1.0), (1, YOUNG - 1, 31.0)), NOW) == []


def test_restored_engine_goes_on_where_the_other_stopped() -> None:
    machine = Engine(AGE)
    machine.restore({KEY: Condition(True, True), Key(1, 1): Condition()}, {0: YOUNG})
    machine.install(Plan.of([(rule(), [0, 1])], {}), NOW)
    assert machine.settle(columns((0, YOUNG, 31.0)), NOW) == []
    assert machine.take(columns((0, YOUNG - 1, 1.0)), NOW) == []
    assert told(machine.take(columns((0, YOUNG + 1, 1.0)), NOW)) == [(Change.CLEARED, False, True)]


def test_shelved_alarm_tells_nobody_and_catches_up_afterwards() -> None:
    machine = engine(shelved={KEY: NOW + 60_000})
    assert told(machine.take(columns((0, YOUNG, 31.0)), NOW)) == [(Change.RAISED, True, False)]
    assert machine.next_return_ms(NOW) == NOW + 60_000
    assert machine.settle(columns((0, YOUNG, 31.0)), NOW + 59_999) == []
    assert told(machine.settle(columns((0, YOUNG, 31.0)), NOW + 60_000)) == [(Change.CONFIRMED, True, True)]
    assert machine.next_return_ms(NOW + 60_000) is None


# -- laws --------------------------------------------------------------------------------------------------------------

RULES = [rule(1, "gt", 30.0, 2.0), rule(2, "gt", 31.0, 0.0), rule(3, "lt", 25.0, 3.0)]
values = st.sampled_from([20.0, 22.0, 24.9, 25.0, 27.9, 28.0, 28.1, 29.0, 30.0, 30.1, 31.0, 31.1, 33.0])
rows = st.tuples(st.integers(0, 3), st.integers(NOW - 2 * AGE, NOW), values, st.sampled_from([1, 1, 1, 2, 3, 4, 9]))


def one_by_one(readings: Sequence[Row]) -> tuple[Engine, list[Transition]]:
    machine = engine(*RULES, streams=(0, 1, 2))
    seen: list[Transition] = []
    for row in readings:
        seen += machine.take(columns(row), NOW)
    return machine, seen


def oracle(readings: Sequence[Row]) -> dict[Key, bool]:
    """The newest reading so far decides, told in the plainest way."""
    newest: dict[int, int] = {}
    active: dict[Key, bool] = {}
    for stream, time, value, quality in (row for row in readings if len(row) == 4):
        if stream == 3 or quality in {4, 9} or time <= newest.get(stream, 0):
            continue
        newest[stream] = time
        for one in RULES:
            key, limit = Key(one.id, stream), one.threshold.limit
            low, high = limit - one.threshold.deadband, limit + one.threshold.deadband
            if one.threshold.comparison == "gt":
                active[key] = value > limit or (active.get(key, False) and value > low)
            else:
                active[key] = value < limit or (active.get(key, False) and value < high)
    return {key: True for key, on in active.items() if on}


@given(st.lists(rows, max_size=60))
def test_states_follow_the_newest_readings_and_never_chatter(readings: list[Row]) -> None:
    machine, seen = one_by_one(readings)
    active: dict[Key, bool] = {}
    announced: dict[Key, bool] = {}
    for one in seen:
        if one.change is Change.CONFIRMED:
            assert active.get(one.key, False) == one.active != announced.get(one.key, False)
        else:
            assert active.get(one.key, False) != one.active, "raised twice, or cleared twice"
            active[one.key] = one.active
        if one.notify:
            assert one.time > NOW - AGE
            assert one.active or announced.get(one.key, False), "the end of what nobody was told of"
            announced[one.key] = one.active
    assert {key: True for key, on in active.items() if on} == oracle(readings)
    assert machine.active == len(oracle(readings))


@given(st.lists(rows, max_size=60, unique_by=lambda row: row[:2]), st.data())
def test_how_readings_are_cut_into_commits_changes_nothing(readings: list[Row], data: st.DataObject) -> None:
    readings.sort(key=lambda row: row[1])  # within one commit it is the order of time that counts
    _, seen = one_by_one(readings)
    machine = engine(*RULES, streams=(0, 1, 2))
    found: list[Transition] = []
    start = 0
    while start < len(readings):
        end = data.draw(st.integers(start + 1, len(readings)))
        part = data.draw(st.permutations(readings[start:end]))
        found += machine.take(columns(*part), NOW)
        start = end
    by_key = lambda one: (one.key, one.time)  # noqa: E731
    assert sorted(found, key=by_key) == sorted(seen, key=by_key)


@given(st.lists(values.filter(lambda value: 28.0 < value <= 30.0), min_size=1), st.booleans())
def test_inside_the_deadband_nothing_happens(inside: list[float], active: bool) -> None:
    machine = engine()
    machine.take(columns((0, YOUNG - 500, 31.0 if active else 20.0)), NOW)
    assert machine.take(columns(*((0, YOUNG + step, value) for step, value in enumerate(inside))), NOW) == []
