"""`/api/v1/alarms`: what is wrong, where, since when, and who has seen it."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from cloud.alarms import journal
from cloud.alarms.lifecycle import State
from cloud.api.bodies import Body, Name, Time
from cloud.api.context import Context
from cloud.api.gatekeeper import Reader, Writer
from cloud.api.paging import Cursor, Limit, Listing, listing, numbers_after
from cloud.api.rules import Number, PriorityText
from cloud.api.times import format_time, parse_time
from cloud.registry import alarms
from cloud.registry.alarms import Alarm, Filters, Shelf

router: Final = APIRouter(prefix="/api/v1/alarms", tags=["alarms"])


class Shelving(Body):
    """Let an alarm tell nobody for a while."""

    until: Time
    reason: Annotated[Name, Field(min_length=1)]


class ShelfAnswer(BaseModel):
    """Until when, by whom and why."""

    until: str
    by: str
    reason: str


class RuleOfAlarm(BaseModel):
    """As much of the rule as an alarm needs."""

    id: int
    name: str
    comparison: str
    threshold: float
    deadband: float


class NeuronOfAlarm(BaseModel):
    """As much of the neuron as an alarm needs."""

    id: str
    name: str
    kind: str


class AlarmAnswer(BaseModel):
    """One condition of one datastream; a repetition counts up."""

    id: int
    state: State
    priority: PriorityText
    count: int
    raised: str | None
    """Observed times, as cleared and observed."""
    cleared: str | None
    acknowledged: str | None
    acknowledged_by: str | None
    shelved: ShelfAnswer | None
    rule: RuleOfAlarm
    datastream: str
    property: str
    neuron: NeuronOfAlarm
    twin: str | None
    town: str | None
    value: float | None
    unit: str
    observed: str | None
    updated: str


@router.get("")
def list_alarms(  # noqa: PLR0913 - a list is narrowed by these
    context: Context,
    who: Reader,
    *,
    state: Annotated[list[State] | None, Query(max_length=4, description="several may be given")] = None,
    town: Annotated[str | None, Query(max_length=9)] = None,
    neuron: Annotated[str | None, Query(max_length=13)] = None,
    priority: PriorityText | None = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Listing[AlarmAnswer]:
    """Alarms in the order in which they were raised first."""
    after = numbers_after(cursor)
    filters = Filters(who.towns, state or (), town, neuron, priority)
    now_ms = context.clock.now_ms()
    with context.database.read() as tx:
        page = alarms.page(tx, filters, limit, after[0] if after else 0)
    return listing(page, lambda one: form(one, now_ms))


@router.get("/{number}")
def show_alarm(context: Context, who: Reader, number: Number) -> AlarmAnswer:
    """One alarm."""
    with context.database.read() as tx:
        return form(alarms.get(tx, number, who.towns), context.clock.now_ms())


@router.post("/{number}/acknowledge")
def acknowledge_alarm(context: Context, who: Writer, number: Number) -> AlarmAnswer:
    """Say that somebody has seen it; 409 when there is nothing to be seen."""
    now_ms = context.clock.now_ms()
    with context.database.begin() as tx:
        return form(journal.acknowledge(tx, number, who.name, now_ms, who.towns), now_ms)


@router.post("/{number}/shelve")
def shelve_alarm(context: Context, who: Writer, number: Number, body: Shelving) -> AlarmAnswer:
    """Let it tell nobody, for at most 8 hours; then it comes back by itself."""
    now_ms = context.clock.now_ms()
    shelf = Shelf(parse_time(body.until), who.name, body.reason)
    with context.database.begin() as tx:
        return form(journal.shelve(tx, number, shelf, now_ms, who.towns), now_ms)


def form(alarm: Alarm, now_ms: int) -> AlarmAnswer:
    """As it goes out."""
    shelf, limits = alarm.shelf, alarm.threshold
    return AlarmAnswer(
        id=alarm.id,
        state=alarm.state,
        priority=alarm.priority,
        count=alarm.count,
        raised=_time(alarm.raised_ms),
        cleared=_time(alarm.cleared_ms),
        acknowledged=_time(alarm.acknowledged_ms),
        acknowledged_by=alarm.acknowledged_by,
        shelved=None
        if shelf is None or shelf.until_ms <= now_ms
        else ShelfAnswer(until=format_time(shelf.until_ms), by=shelf.by, reason=shelf.reason),
        rule=RuleOfAlarm(
            id=alarm.rule,
            name=alarm.rule_name,
            comparison=limits.comparison,
            threshold=limits.limit,
            deadband=limits.deadband,
        ),
        datastream=str(alarm.point),
        property=alarm.point.observed,
        neuron=NeuronOfAlarm(id=alarm.point.source, name=alarm.neuron_name, kind=alarm.kind),
        twin=None if alarm.twin is None else str(alarm.twin),
        town=alarm.town,
        value=alarm.value,
        unit=alarm.unit,
        observed=_time(alarm.observed_ms),
        updated=format_time(alarm.updated_ms),
    )


def _time(ms: int | None) -> str | None:
    return None if ms is None else format_time(ms)
