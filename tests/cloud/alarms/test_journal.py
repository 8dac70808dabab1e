import json
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from cloud.alarms import journal, notification
from cloud.alarms.engine import Change, Transition
from cloud.alarms.lifecycle import Event, State
from cloud.alarms.plan import Key
from cloud.registry import alarms, bindings, deliveries, neurons, rules, twins
from cloud.registry.alarms import Alarm, Filters, Shelf
from cloud.registry.database import Database
from cloud.registry.errors import Conflict, Invalid, NotFound
from cloud.registry.schema import ALARM
from cloud.registry.selection import Site
from protocols.vocabulary import TwinId
from tests.cloud.alarms.district import cleared, raised, with_neurons, with_rule, with_webhook
from tests.cloud.alarms.readings import rule


def only(database: Database) -> Alarm:
    with database.read() as tx:
        [alarm] = alarms.page(tx, Filters(), 10).items
    return alarm


def record(database: Database, *transitions: Transition, now_ms: int = 100) -> None:
    with database.begin() as tx:
        journal.record(tx, transitions, now_ms)


def test_one_row_for_good_and_a_repetition_counts_up(database: Database) -> None:
    number = with_rule(database).id
    [(neuron, stream)] = with_neurons(database)
    record(database, raised(number, stream, 5, 31.0))
    first = only(database)
    assert (first.state, first.count, first.raised_ms, first.value) == (State.ACTIVE_UNACKED, 1, 5, 31.0)
    assert (first.point.source, first.town, first.unit) == (neuron.id, "310151101", "Cel")
    record(database, cleared(number, stream, 6), raised(number, stream, 7), cleared(number, stream, 8))
    alarm = only(database)
    assert (alarm.id, alarm.state, alarm.count) == (first.id, State.CLEARED_UNACKED, 2)
    assert (alarm.raised_ms, alarm.cleared_ms, alarm.observed_ms) == (7, 8, 8)
    with database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(ALARM)) == 1


def test_the_same_transition_written_twice_counts_once(database: Database) -> None:
    number = with_rule(database).id
    [(_, stream)] = with_neurons(database)
    record(database, raised(number, stream))
    record(database, raised(number, stream))
    assert only(database).count == 1
    record(database, cleared(number, stream), cleared(number, stream))
    assert only(database).state is State.CLEARED_UNACKED


def test_end_of_what_was_never_written_makes_no_row(database: Database) -> None:
    number = with_rule(database).id
    [(_, stream)] = with_neurons(database)
    record(database, cleared(number, stream))
    with database.read() as tx:
        assert alarms.page(tx, Filters(), 10).items == []


def test_acknowledged_alarm_that_clears_is_normal_and_raised_again_is_unseen(database: Database) -> None:
    number = with_rule(database).id
    [(_, stream)] = with_neurons(database)
    record(database, raised(number, stream))
    with database.begin() as tx:
        assert journal.acknowledge(tx, only(database).id, "li", 50).state is State.ACTIVE_ACKED
    record(database, cleared(number, stream))
    assert (only(database).state, only(database).acknowledged_by) == (State.NORMAL, "li")
    with pytest.raises(Conflict, match="nothing to acknowledge"), database.begin() as tx:
        journal.acknowledge(tx, only(database).id, "li", 51)
    record(database, raised(number, stream, 9))
    again = only(database)
    assert (again.state, again.acknowledged_by, again.acknowledged_ms) == (State.ACTIVE_UNACKED, None, None)


def test_messages_come_with_the_change_or_not_at_all(database: Database) -> None:
    hook = with_webhook(database, "https://hook.example/")
    number = with_rule(database).id
    [(_, stream)] = with_neurons(database)
    with pytest.raises(RuntimeError), database.begin() as tx:  # noqa: PT012 - what comes before must be undone
        journal.record(tx, [raised(number, stream)], 1)
        raise RuntimeError("killed before the commit")
    with database.read() as tx:
        assert deliveries.page(tx, hook.id, 10).items == []
        assert alarms.page(tx, Filters(), 10).items == []
    record(database, raised(number, stream), cleared(number, stream)._replace(notify=False))
    with database.read() as tx:
        assert [one.event for one in deliveries.page(tx, hook.id, 10).items] == ["alarm.raised"]
    assert only(database).announced is True


def test_confirmation_tells_and_changes_no_state(database: Database) -> None:
    hook = with_webhook(database, "https://hook.example/")
    number = with_rule(database).id
    [(_, stream)] = with_neurons(database)
    record(database, raised(number, stream, 5, 31.0)._replace(notify=False))
    record(database, Transition(Key(number, stream), Change.CONFIRMED, 9, 29.0, True, True))
    alarm = only(database)
    assert (alarm.state, alarm.count, alarm.announced, alarm.value) == (State.ACTIVE_UNACKED, 1, True, 31.0)
    with database.read() as tx:
        [told] = deliveries.page(tx, hook.id, 10).items
    assert json.loads(told.body)["timestamp"] == "1970-01-01T00:00:00.005Z"


def test_withdrawn_by_its_rule_has_no_reading(database: Database) -> None:
    number = with_rule(database).id
    [(_, stream)] = with_neurons(database)
    record(database, raised(number, stream, 5))
    record(database, Transition(Key(number, stream), Change.WITHDRAWN, 99, None, False, True))
    alarm = only(database)
    assert (alarm.state, alarm.cleared_ms, alarm.value, alarm.observed_ms) == (State.CLEARED_UNACKED, 99, None, 5)


def test_body_says_what_where_and_whose_and_is_small(database: Database) -> None:
    longest = "界" * 200
    hook = with_webhook(database, "https://hook.example/")
    [(neuron, stream)] = with_neurons(database)
    with database.begin() as tx:
        number = rules.add(tx, replace(rule(), name=longest), 1).id
        neurons.amend(tx, replace(neuron, name=longest), (), 1)
        twin = twins.add(tx, twins.Twin(TwinId("3101510596000001"), "river_section", longest, Site(), {}), 1).id
        bindings.bind(tx, neuron.id, twin, 1, 1_800_000_000_000)
        bindings.bind(tx, neuron.id, twin, 1_900_000_000_000)
    record(database, raised(number, stream, 1_700_000_000_123, 31.25), now_ms=1_700_000_001_000)
    with database.begin() as tx:
        journal.acknowledge(tx, only(database).id, longest, 1_700_000_002_000)
        told = deliveries.page(tx, hook.id, 10).items
    acknowledged, was_raised = (json.loads(one.body) for one in told)
    assert all(len(one.body) < notification.MAX_BODY for one in told)
    assert was_raised["type"] == "alarm.raised"
    assert was_raised["timestamp"] == was_raised["data"]["observed"] == "2023-11-14T22:13:20.123Z"
    data = was_raised["data"]
    assert data["alarm"]["state"] == "active_unacked"
    assert data["neuron"] == {"id": neuron.id, "name": longest, "kind": "water_quality"}
    assert (data["twin"], data["town"], data["value"], data["unit"]) == (str(twin), "310151101", 31.25, "Cel")
    assert data["rule"]["threshold"] == 30.0
    assert acknowledged["type"] == "alarm.acknowledged"
    assert acknowledged["data"]["alarm"]["acknowledged_by"] == longest


def test_every_event_has_a_type() -> None:
    assert notification.TYPES == ("alarm.raised", "alarm.cleared", "alarm.acknowledged")
    assert notification.type_of(Event.RAISED) == "alarm.raised"


def test_shelving_is_bounded(database: Database) -> None:
    number = with_rule(database).id
    [(_, stream)] = with_neurons(database)
    record(database, raised(number, stream))
    alarm = only(database).id
    eight_hours = 8 * 3600 * 1000
    for until_ms in (1000, 999, 1001 + eight_hours):
        with pytest.raises(Invalid), database.begin() as tx:
            journal.shelve(tx, alarm, Shelf(until_ms, "li", "x"), 1000)
    with database.begin() as tx:
        journal.shelve(tx, alarm, Shelf(1000 + eight_hours, "li", "x"), 1000)
        assert alarms.shelved(tx, 1000) == {(number, stream): 1000 + eight_hours}
        assert alarms.shelved(tx, 1000 + eight_hours) == {}
        with pytest.raises(NotFound):
            journal.shelve(tx, alarm, Shelf(2000, "li", "x"), 1000, frozenset({"310151102"}))
