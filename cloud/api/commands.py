"""`/api/v1/commands`, and the desired state of twins and neurons: what devices shall do, and what became of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api.context import ApiContext, Context
from cloud.api.gatekeeper import Commander, Reader
from cloud.api.paging import Cursor, Limit, Listing, listing, numbers_after
from cloud.api.problems import Problem, wrong_field, wrong_parameter
from cloud.api.times import format_time
from cloud.api.twins import twin_id
from cloud.api.wishes import MOST_TOGETHER, GroupWish, Where, Wish, expiry_ms
from cloud.geo.towns import parse_place
from cloud.registry import commands, neurons, targets, twins
from cloud.registry.access import Principal
from cloud.registry.commands import Filters, Given
from cloud.registry.errors import NotFound
from cloud.registry.selection import ANYWHERE, Selection
from cloud.registry.targets import NoTarget, Target
from protocols.vocabulary import IdentityError, TwinId

router: Final = APIRouter(prefix="/api/v1", tags=["commands"])

CommandState = Literal["pending", "sent", "applied", "failed", "refused", "expired", "superseded"]


class ItemAnswer(BaseModel):
    """What became of one point."""

    property: str
    """``lamp_level`` or ``lamp_level/2``."""
    desired: float
    state: str
    value: float | None
    """As the device itself told it afterwards; null: nothing was read."""
    reason: str


class CommandAnswer(BaseModel):
    """One command to one neuron."""

    id: str
    group: str | None
    twin: str | None
    neuron: str
    gateway: str
    version: int
    desired: dict[str, float]
    state: CommandState
    """pending: not sent yet; sent: no answer yet; applied: the device says so; failed: it was tried, and the device
    does not say so; refused, expired, superseded: nothing was touched."""
    by: str
    """Whose key it was."""
    created: str
    due: str
    """When it was to be sent."""
    expires: str
    sent: str | None
    """When it was sent first."""
    attempts: int
    ended: str | None
    told: str | None
    """When the gateway was done, by its clock."""
    items: list[ItemAnswer]
    reason: str


class Unmet(BaseModel):
    """Who of a group got no command, and why."""

    id: str
    reason: str


class MadeGroup(BaseModel):
    """A group of commands that was entered."""

    id: str
    count: int
    commands: list[str]
    unmet: list[Unmet]
    last_due: str | None
    """When the last one goes out."""


class GroupAnswer(BaseModel):
    """How far a group is; its commands are listed by ``/api/v1/commands?group=``."""

    id: str
    total: int
    states: dict[str, int]
    applied_share: float


@router.post("/twins/{twin}/desired", status_code=202)
def command_twin(context: Context, who: Commander, twin: str, body: Wish) -> CommandAnswer:
    """Have the neuron that is bound to the twin now bring its device to a state."""
    name, now_ms = twin_id(twin), context.clock.now_ms()
    with context.database.begin() as tx:
        twins.get(tx, name, who.towns)
        found = targets.of_twins(tx, [name], body.desired, now_ms, who.towns)[name]
        made = _give_one(tx, context, who, targets.only(found, "desired"), body)
    return _sent(context, made)


@router.post("/neurons/{neuron}/desired", status_code=202)
def command_neuron(context: Context, who: Commander, neuron: str, body: Wish) -> CommandAnswer:
    """Have the neuron bring its device to a state."""
    with context.database.begin() as tx:
        neurons.get(tx, neuron, who.towns)
        found = targets.of_neurons(tx, [neuron], body.desired, who.towns)[neuron]
        made = _give_one(tx, context, who, targets.only(found, "desired"), body)
    return _sent(context, made)


@router.post("/commands", status_code=202)
def command_group(context: Context, who: Commander, body: GroupWish) -> MadeGroup:
    """The same state for many, sent one after the other; who has no such device is listed and stops nobody."""
    now_ms, name = context.clock.now_ms(), commands.new_id("grp")
    per_s = context.commands.per_s if body.per_s is None else body.per_s
    with context.database.begin() as tx:
        found = _targets(tx, who, body, now_ms)
        met = [one for one in found.values() if isinstance(one, Target)]
        dues = [now_ms + round(place * 1000 / per_s) for place in range(len(met))]
        wishes = [
            commands.Wish(
                one, body.desired, due_ms, expiry_ms(body.expires, due_ms, context.commands.expires_s, now_ms)
            )
            for one, due_ms in zip(met, dues, strict=True)
        ]
        made = commands.give(tx, wishes, who.name, now_ms, group=name)
    if made:
        context.commands_given()
    unmet = [Unmet(id=one, reason=why.reason) for one, why in found.items() if isinstance(why, NoTarget)]
    last_due = format_time(dues[-1]) if dues else None
    return MadeGroup(id=name, count=len(made), commands=made, unmet=unmet, last_due=last_due)


@router.get("/commands")
def list_commands(  # noqa: PLR0913 - a list is narrowed by these
    context: Context,
    who: Reader,
    *,
    state: Annotated[list[CommandState] | None, Query(max_length=7, description="several may be given")] = None,
    twin: Annotated[str | None, Query(max_length=24)] = None,
    neuron: Annotated[str | None, Query(max_length=13)] = None,
    gateway: Annotated[str | None, Query(max_length=32)] = None,
    group: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Listing[CommandAnswer]:
    """Newest first."""
    before = numbers_after(cursor)
    try:
        code = None if twin is None else TwinId.parse(twin).code
    except IdentityError as error:
        raise wrong_parameter("twin", str(error)) from None
    filters = Filters(who.towns, state or (), code, neuron, gateway, group)
    with context.database.read() as tx:
        page = commands.page(tx, filters, limit, None if before is None else before[0])
    return listing(page, _form)


@router.get("/commands/{command}")
def show_command(context: Context, who: Reader, command: str) -> CommandAnswer:
    """One command, and what the device said."""
    with context.database.read() as tx:
        return _form(commands.get(tx, command, who.towns))


@router.get("/command-groups/{group}")
def show_group(context: Context, who: Reader, group: Annotated[str, Field(max_length=40)]) -> GroupAnswer:
    """How many of a group are in which state."""
    with context.database.read() as tx:
        states = commands.counts(tx, Filters(who.towns, group=group))
    total = sum(states.values())
    if not total:
        raise NotFound(f"no group {group:.40}")
    return GroupAnswer(id=group, total=total, states=states, applied_share=states.get("applied", 0) / total)


def _give_one(tx: Connection, context: ApiContext, who: Principal, target: Target, body: Wish) -> str:
    now_ms = context.clock.now_ms()
    expires_ms = expiry_ms(body.expires, now_ms, context.commands.expires_s, now_ms)
    wish = commands.Wish(target, body.desired, now_ms, expires_ms)
    (name,) = commands.give(tx, [wish], who.name, now_ms, version=body.version)
    return name


def _sent(context: ApiContext, name: str) -> CommandAnswer:
    """After what is due went out."""
    context.commands_given()
    with context.database.read() as tx:
        return _form(commands.get(tx, name))


def _targets(tx: Connection, who: Principal, body: GroupWish, now_ms: int) -> Mapping[str, Target | NoTarget]:
    if body.neurons is not None:
        return targets.of_neurons(tx, list(dict.fromkeys(body.neurons)), body.desired, who.towns)
    names = _selected(tx, who, body.where) if body.where else [TwinId.parse(text) for text in body.twins or ()]
    found = targets.of_twins(tx, list(dict.fromkeys(names)), body.desired, now_ms, who.towns)
    return {str(twin): one for twin, one in found.items()}


def _selected(tx: Connection, who: Principal, where: Where) -> Sequence[TwinId]:
    place = ANYWHERE if where.town is None else parse_place(where.town)
    page = twins.page(tx, Selection(who.towns, place, where.kind), MOST_TOGETHER)
    if page.after is not None:
        raise wrong_field("where", f"more than {MOST_TOGETHER} twins: expected fewer")
    if not page.items:
        raise Problem(404, "there are no such twins")
    return [twin.id for twin in page.items]


def _form(one: Given) -> CommandAnswer:
    result = one.result
    told = {item.series: item for item in result.items} if result else {}
    items: list[dict[str, Any]] = []
    for series, value in one.desired.items():
        item = told.get(series)
        items.append(
            {
                "property": series,
                "desired": value,
                "state": item.state if item else one.state,
                "value": item.value if item else None,
                "reason": item.reason if item else "",
            }
        )
    return CommandAnswer(
        id=one.id,
        group=one.group,
        twin=None if one.twin is None else str(one.twin),
        neuron=one.neuron,
        gateway=one.gateway,
        version=one.version,
        desired=one.desired,
        state=one.state,
        by=one.by,
        created=format_time(one.created_ms),
        due=format_time(one.due_ms),
        expires=format_time(one.expires_ms),
        sent=None if one.sent_ms is None else format_time(one.sent_ms),
        attempts=one.attempts,
        ended=None if one.ended_ms is None else format_time(one.ended_ms),
        told=None if result is None else format_time(result.time),
        items=[ItemAnswer(**item) for item in items],
        reason=result.reason if result else _silence(one),
    )


def _silence(one: Given) -> str:
    """Why it is over although the gateway said nothing."""
    if one.state == "expired":
        return "the gateway did not answer in time" if one.attempts else "it could not be sent in time"
    return "a newer command for the same points" if one.state == "superseded" else ""
