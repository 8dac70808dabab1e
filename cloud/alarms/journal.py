"""Transitions and acknowledgements into the registry, each with its messages in the same transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from cloud.alarms import notification
from cloud.alarms.engine import Change, Transition
from cloud.alarms.lifecycle import Event, State, after
from cloud.registry import alarms, deliveries, webhooks
from cloud.registry.alarms import Alarm, Shelf
from cloud.registry.errors import Conflict, Invalid
from cloud.registry.webhooks import Webhook


def record(tx: Connection, transitions: Sequence[Transition], now_ms: int) -> int:
    """Write transitions down in their order; returns how many messages had to be given up for room in the outbox."""
    endpoints = webhooks.enabled(tx)
    for transition in transitions:
        alarm = alarms.take(tx, *transition.key, now_ms, make=transition.change is Change.RAISED)
        if alarm is not None:
            _record(tx, alarm, transition, endpoints, now_ms)
    return sum(deliveries.bound(tx, endpoint.id, now_ms) for endpoint in endpoints)


def acknowledge(tx: Connection, number: int, who: str, now_ms: int, scope: frozenset[str] = frozenset()) -> Alarm:
    """Somebody has seen it.

    :raises NotFound: there is no such alarm, or none in the asker's towns.
    :raises Conflict: there is nothing to acknowledge.
    """
    alarms.lock(tx, number)
    alarm = alarms.get(tx, number, scope)
    state = after(alarm.state, Event.ACKNOWLEDGED)
    if state is None:
        raise Conflict(f"alarm {number} is {alarm.state}: there is nothing to acknowledge")
    values: dict[str, Any] = {"acknowledged_ms": now_ms, "acknowledged_by": who[:200]}
    alarm = alarms.change(tx, number, now_ms, state=state.value, **values)
    _tell(tx, webhooks.enabled(tx), Event.ACKNOWLEDGED, alarm, now_ms)
    return alarm


def shelve(tx: Connection, number: int, shelf: Shelf, now_ms: int, scope: frozenset[str] = frozenset()) -> Alarm:
    """Let an alarm tell nobody for a while, at most 8 hours.

    :raises NotFound: there is no such alarm, or none in the asker's towns.
    :raises Invalid: ``until`` is over or too far away.
    """
    alarms.get(tx, number, scope)
    if not now_ms < shelf.until_ms <= now_ms + alarms.LONGEST_SHELVING_MS:
        raise Invalid("expected a time within the next 8 hours", "until")
    return alarms.shelve(tx, number, shelf, now_ms)


def _record(tx: Connection, alarm: Alarm, transition: Transition, endpoints: Sequence[Webhook], now_ms: int) -> None:
    if _is_behind(alarm, transition):
        return
    event = Event.RAISED if transition.active else Event.CLEARED
    values: dict[str, Any] = {"announced": transition.active if transition.notify else alarm.announced}
    state = after(alarm.state, event)
    told = transition.notify and (state is not None or alarm.announced != transition.active)
    if state is not None:  # else: a confirmation, or written down before, by us or another process
        values |= {"state": state.value, "value": transition.value, **_moment(tx, alarm, transition, state)}
    alarm = alarms.change(tx, alarm.id, now_ms, **values)
    if told:
        _tell(tx, endpoints, event, alarm, now_ms)


def _is_behind(alarm: Alarm, transition: Transition) -> bool:
    """Another process, which should not be there, has come further with this alarm."""
    if transition.change is Change.WITHDRAWN or alarm.observed_ms is None:
        return False
    return transition.time < alarm.observed_ms


def _moment(tx: Connection, alarm: Alarm, transition: Transition, state: State) -> dict[str, Any]:
    """The columns of times; a withdrawal is no observation."""
    observed = {} if transition.change is Change.WITHDRAWN else {"observed_ms": transition.time}
    if state is not State.ACTIVE_UNACKED:
        return {**observed, "cleared_ms": transition.time}
    return {
        **observed,
        "raised_ms": transition.time,
        "cleared_ms": None,
        "acknowledged_ms": None,
        "acknowledged_by": None,
        "count": alarm.count + 1,
        "twin": alarms.twin_of(tx, alarm.point.source, transition.time),
    }


def _tell(tx: Connection, endpoints: Sequence[Webhook], event: Event, alarm: Alarm, now_ms: int) -> None:
    name = notification.type_of(event)
    wanted = [endpoint for endpoint in endpoints if name in endpoint.events]
    if wanted:
        content = notification.body(event, alarm)
        for endpoint in wanted:
            deliveries.enqueue(tx, endpoint.id, alarm.id, name, content, now_ms)
