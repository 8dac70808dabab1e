"""Alarms: one row per rule and datastream for good; a repetition counts up (ISA-18.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import Connection, Row, Select, or_, select, update

from cloud.alarms.lifecycle import State
from cloud.alarms.threshold import Threshold
from cloud.registry import revisions
from cloud.registry.dialect import insert_or_ignore
from cloud.registry.errors import NotFound
from cloud.registry.rules import Priority
from cloud.registry.schema import ALARM, BINDING, DATASTREAM, NEURON, RULE
from cloud.registry.selection import Page
from protocols.vocabulary import Point, TwinId

LONGEST_SHELVING_MS: Final = 8 * 3600 * 1000


class Shelf(NamedTuple):
    """An alarm that tells nobody for a while."""

    until_ms: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """One condition, with what its rule and its datastream lend it."""

    id: int
    state: State
    count: int
    """How often it was raised."""
    raised_ms: int | None
    """Observed, of the last time it was raised."""
    cleared_ms: int | None
    acknowledged_ms: int | None
    acknowledged_by: str | None
    value: float | None
    """Of the reading that changed it last; None after a change of the rule did."""
    observed_ms: int | None
    announced: bool
    """Whether others were last told that it is active."""
    shelf: Shelf | None
    rule: int
    rule_name: str
    priority: Priority
    threshold: Threshold
    datastream: int
    point: Point
    """Its key: the source is the neuron."""
    unit: str
    neuron_name: str
    kind: str
    town: str | None
    twin: TwinId | None
    """Which the neuron watched when it was raised last."""
    updated_ms: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of alarms is narrowed to; an empty or None part narrows nothing."""

    scope: frozenset[str] = frozenset()
    states: Sequence[State] = ()
    town: str | None = None
    neuron: str | None = None
    priority: Priority | None = None


def get(tx: Connection, number: int, scope: frozenset[str] = frozenset()) -> Alarm:
    """One alarm.

    :raises NotFound: there is none, or none in the asker's towns.
    """
    row = tx.execute(_narrowed(Filters(scope)).where(ALARM.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"no alarm {number}")
    return _alarm(row)


def page(tx: Connection, filters: Filters, limit: int, after: int = 0) -> Page[Alarm]:
    """Alarms in the order in which they were raised first, behind the number ``after``."""
    question = _narrowed(filters).where(ALARM.c.id > after).order_by(ALARM.c.id).limit(limit + 1)
    return Page.of([_alarm(row) for row in tx.execute(question)], limit, lambda one: one.id)


def changed_since(tx: Connection, ms: int) -> list[Alarm]:
    """Alarms that changed then or later, in the order of their changes."""
    question = _narrowed(Filters()).where(ALARM.c.updated_ms >= ms).order_by(ALARM.c.updated_ms, ALARM.c.id)
    return [_alarm(row) for row in tx.execute(question)]


def take(tx: Connection, rule: int, datastream: int, now_ms: int, *, make: bool) -> Alarm | None:
    """The one alarm of a rule on a datastream, locked; None when there is none and none is made."""
    mine = (ALARM.c.rule == rule, ALARM.c.datastream == datastream)
    number = tx.scalar(select(ALARM.c.id).where(*mine).with_for_update())
    if number is None and make:  # perhaps by two at the same time
        neuron = tx.execute(select(DATASTREAM.c.neuron).where(DATASTREAM.c.id == datastream)).scalar_one()
        values = {"rule": rule, "neuron": neuron, "datastream": datastream, "state": State.NORMAL.value, "count": 0}
        tx.execute(insert_or_ignore(tx, ALARM), {**values, "announced": False, "updated_ms": now_ms})
        number = tx.scalar(select(ALARM.c.id).where(*mine).with_for_update())
    return None if number is None else get(tx, number)


def lock(tx: Connection, number: int) -> None:
    """Let nobody else change an alarm until the end of the transaction; nothing when there is none."""
    tx.execute(select(ALARM.c.id).where(ALARM.c.id == number).with_for_update())


def change(tx: Connection, number: int, now_ms: int, **values: Any) -> Alarm:
    """Write some columns of an alarm."""
    tx.execute(update(ALARM).where(ALARM.c.id == number).values(**values, updated_ms=now_ms))
    return get(tx, number)


def shelve(tx: Connection, number: int, shelf: Shelf, now_ms: int) -> Alarm:
    """Let an alarm tell nobody until then; it is evaluated all the same."""
    revisions.bump(tx, revisions.ALARMS)
    values = {"shelved_until_ms": shelf.until_ms, "shelved_by": shelf.by, "shelved_reason": shelf.reason}
    return change(tx, number, now_ms, **values)


def twin_of(tx: Connection, neuron: str, at_ms: int) -> str | None:
    """The code of the twin that a neuron watched at some time; of several the one bound last."""
    return tx.scalar(
        select(BINDING.c.twin)
        .where(BINDING.c.neuron == neuron, BINDING.c.from_ms <= at_ms)
        .where(or_(BINDING.c.to_ms.is_(None), BINDING.c.to_ms > at_ms))
        .order_by(BINDING.c.from_ms.desc(), BINDING.c.id.desc())
        .limit(1)
    )


class Standing(NamedTuple):
    """As much of an alarm as its evaluation needs."""

    rule: int
    datastream: int
    active: bool
    announced: bool
    observed_ms: int


def standing(tx: Connection) -> list[Standing]:
    """All alarms, for an evaluation that begins anew."""
    columns = (ALARM.c.rule, ALARM.c.datastream, ALARM.c.state, ALARM.c.announced, ALARM.c.observed_ms)
    active = {State.ACTIVE_ACKED.value, State.ACTIVE_UNACKED.value}
    return [
        Standing(row.rule, row.datastream, row.state in active, row.announced, row.observed_ms or 0)
        for row in tx.execute(select(*columns))
    ]


def shelved(tx: Connection, now_ms: int) -> dict[tuple[int, int], int]:
    """(rule, datastream) -> until when, of those that are shelved now."""
    question = select(ALARM.c.rule, ALARM.c.datastream, ALARM.c.shelved_until_ms)
    rows = tx.execute(question.where(ALARM.c.shelved_until_ms > now_ms))
    return {(row.rule, row.datastream): row.shelved_until_ms for row in rows}


def _narrowed(filters: Filters) -> Select[Any]:
    question = (
        select(
            ALARM,
            ALARM.c.count.label("times"),  # a row has a method called count
            RULE.c.name.label("rule_name"),
            RULE.c.priority,
            RULE.c.comparison,
            RULE.c.threshold,
            RULE.c.deadband,
            DATASTREAM.c.observed,
            DATASTREAM.c.channel,
            DATASTREAM.c.unit,
            NEURON.c.name.label("neuron_name"),
            NEURON.c.kind,
            NEURON.c.town,
        )
        .join(RULE, RULE.c.id == ALARM.c.rule)
        .join(DATASTREAM, DATASTREAM.c.id == ALARM.c.datastream)
        .join(NEURON, NEURON.c.id == ALARM.c.neuron)
    )
    if filters.scope:
        question = question.where(NEURON.c.town.in_(sorted(filters.scope)))
    if filters.states:
        question = question.where(ALARM.c.state.in_([state.value for state in filters.states]))
    if filters.town is not None:
        question = question.where(NEURON.c.town == filters.town)
    if filters.neuron is not None:
        question = question.where(ALARM.c.neuron == filters.neuron)
    if filters.priority is not None:
        question = question.where(RULE.c.priority == filters.priority)
    return question


def _alarm(row: Row[Any]) -> Alarm:
    until_ms = row.shelved_until_ms
    return Alarm(
        id=row.id,
        state=State(row.state),
        count=row.times,
        raised_ms=row.raised_ms,
        cleared_ms=row.cleared_ms,
        acknowledged_ms=row.acknowledged_ms,
        acknowledged_by=row.acknowledged_by,
        value=row.value,
        observed_ms=row.observed_ms,
        announced=row.announced,
        shelf=None if until_ms is None else Shelf(until_ms, row.shelved_by, row.shelved_reason),
        rule=row.rule,
        rule_name=row.rule_name,
        priority=cast(Priority, row.priority),
        threshold=Threshold(row.comparison, row.threshold, row.deadband),
        datastream=row.datastream,
        point=Point(row.neuron, row.observed, row.channel),
        unit=row.unit,
        neuron_name=row.neuron_name,
        kind=row.kind,
        town=row.town,
        twin=None if row.twin is None else TwinId(row.twin),
        updated_ms=row.updated_ms,
    )
