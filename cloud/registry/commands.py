"""Commands: what a neuron's points shall be, until when, and what the gateway says became of it."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from cloud.registry import tally
from cloud.registry.errors import Conflict, NotFound
from cloud.registry.events import Arrived
from cloud.registry.schema import COMMAND, NEURON
from cloud.registry.selection import Page
from cloud.registry.targets import Target
from protocols.uplink import Result
from protocols.vocabulary import ProtocolError, TwinId
from protocols.vocabulary.identity import CROCKFORD

MAX_ROWS: Final = 1_000_000
"""Beyond it the oldest that are over are forgotten."""
MOST_OPEN: Final = 50_000
"""Commands that may be open at a time."""
GRACE_MS: Final = 30_000
"""How long after its time a command's result is waited for."""
RESEND_MS: Final = (5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000)
_DROP_AT_ONCE: Final = 500
_ROWS: Final = "command_rows"
_OPEN: Final = COMMAND.c.next_ms.is_not(None)
_SAID: Final = frozenset({"applied", "failed", "refused", "expired", "superseded"})
"""States that a gateway may tell of a command."""


class Wish(NamedTuple):
    """What is to be given."""

    target: Target
    desired: Mapping[str, float]
    due_ms: int
    expires_ms: int


class Given(NamedTuple):
    """A command in its place."""

    number: int
    id: str
    group: str | None
    twin: TwinId | None
    neuron: str
    gateway: str
    version: int
    desired: dict[str, float]
    state: str
    """pending, sent, applied, failed, refused, expired or superseded."""
    by: str
    created_ms: int
    due_ms: int
    expires_ms: int
    attempts: int
    sent_ms: int | None
    next_ms: int | None
    ended_ms: int | None
    result: Result | None
    """The gateway's word; None: it has said nothing."""


class Filters(NamedTuple):
    """What a list is narrowed to; an empty or None part narrows nothing."""

    towns: frozenset[str] = frozenset()
    states: Sequence[str] = ()
    twin: str | None = None
    neuron: str | None = None
    gateway: str | None = None
    group: str | None = None


def new_id(prefix: str = "cmd") -> str:
    """``cmd-`` and 80 random bits."""
    return f"{prefix}-{''.join(secrets.choice(CROCKFORD) for _ in range(16))}"


def give(  # noqa: PLR0913 - a command is made of these
    tx: Connection,
    wishes: Sequence[Wish],
    by: str,
    now_ms: int,
    *,
    group: str | None = None,
    version: int | None = None,
    max_rows: int = MAX_ROWS,
) -> list[str]:
    """Enter commands, whose earlier and still open ones for the same points they take the place of; their names.

    :param version: None: one that is higher than the neuron's last.
    :raises Conflict: the version is not higher than the neuron's last, or too many commands are open.
    """
    if (tx.scalar(select(func.count()).select_from(COMMAND).where(_OPEN)) or 0) + len(wishes) > MOST_OPEN:
        raise Conflict(f"more than {MOST_OPEN} commands would be open")
    names = []
    for wish in wishes:
        neuron = wish.target.neuron
        tx.execute(select(NEURON.c.id).where(NEURON.c.id == neuron).with_for_update())  # one at a time of a neuron
        last = tx.scalar(select(func.max(COMMAND.c.version)).where(COMMAND.c.neuron == neuron)) or 0
        if version is not None and version <= last:
            raise Conflict(f"version {version} of neuron {neuron}: expected more than {last}", "version")
        _supersede(tx, neuron, wish.desired, now_ms)
        names.append(new_id())
        values = {
            "id": names[-1],
            "group": group,
            "twin": wish.target.twin,
            "neuron": neuron,
            "gateway": wish.target.gateway,
            "version": max(last + 1, now_ms) if version is None else version,
            "desired": dict(wish.desired),
            "state": "pending",
            "given_by": by,
            "created_ms": now_ms,
            "due_ms": wish.due_ms,
            "expires_ms": wish.expires_ms,
            "attempts": 0,
            "next_ms": wish.due_ms,
        }
        tx.execute(insert(COMMAND).values(values))
    _trim(tx, tally.add(tx, _ROWS, len(names)) - max_rows)
    return names


def _supersede(tx: Connection, neuron: str, desired: Mapping[str, float], now_ms: int) -> None:
    question = select(COMMAND.c.number, COMMAND.c.desired).where(COMMAND.c.neuron == neuron, _OPEN)
    gone = [number for number, older in tx.execute(question) if older.keys() <= desired.keys()]
    if gone:
        over = {"state": "superseded", "next_ms": None, "ended_ms": now_ms}
        tx.execute(update(COMMAND).where(COMMAND.c.number.in_(gone)).values(over))


def _trim(tx: Connection, over: int) -> None:
    while over > 0:
        oldest = select(COMMAND.c.number).where(~_OPEN).order_by(COMMAND.c.number).limit(min(over, _DROP_AT_ONCE))
        gone = tx.execute(delete(COMMAND).where(COMMAND.c.number.in_(oldest.scalar_subquery()))).rowcount
        tally.add(tx, _ROWS, -gone)
        over = over - gone if gone else 0


def get(tx: Connection, name: str, scope: frozenset[str] = frozenset()) -> Given:
    """One command.

    :raises NotFound: there is none, or none in the asker's towns.
    """
    question = select(COMMAND).where(COMMAND.c.id == name, *_in_towns(scope))
    row = tx.execute(question).one_or_none()
    if row is None:
        raise NotFound(f"no command {name:.40}")
    return _given(row)


def page(tx: Connection, filters: Filters, limit: int, before: int | None = None) -> Page[Given]:
    """Newest first, those with a smaller number than ``before``."""
    question = select(COMMAND).where(*_narrowed(filters))
    if before is not None:
        question = question.where(COMMAND.c.number < before)
    rows = tx.execute(question.order_by(COMMAND.c.number.desc()).limit(limit + 1))
    return Page.of([_given(row) for row in rows], limit, lambda one: one.number)


def counts(tx: Connection, filters: Filters) -> dict[str, int]:
    """How many there are in each state."""
    question = select(COMMAND.c.state, func.count()).where(*_narrowed(filters)).group_by(COMMAND.c.state)
    return {state: count for state, count in tx.execute(question)}  # noqa: C416 - rows are no pairs for mypy


def due(tx: Connection, now_ms: int, limit: int) -> list[Given]:
    """What is to be looked at now, in the order in which it was given."""
    question = select(COMMAND).where(COMMAND.c.next_ms <= now_ms).order_by(COMMAND.c.number).limit(limit)
    return [_given(row) for row in tx.execute(question)]


def next_ms(tx: Connection) -> int | None:
    """When the next one is to be looked at; None: none is open."""
    found: int | None = tx.scalar(select(func.min(COMMAND.c.next_ms)))
    return found


def note_sent(tx: Connection, sent: Iterable[Given], now_ms: int) -> None:
    """They were published, once more."""
    for one in sent:
        again_ms = now_ms + RESEND_MS[min(one.attempts, len(RESEND_MS) - 1)]
        values: dict[str, Any] = {"attempts": one.attempts + 1, "next_ms": min(again_ms, one.expires_ms)}
        if one.sent_ms is None:
            values |= {"state": "sent", "sent_ms": now_ms}
        tx.execute(update(COMMAND).where(COMMAND.c.number == one.number, _OPEN).values(values))


def note_late(tx: Connection, late: Iterable[Given], now_ms: int) -> None:
    """Their time is over: the gateway's word is waited for a little, then they count as expired."""
    for one in late:
        over = now_ms >= one.expires_ms + GRACE_MS or one.attempts == 0
        values = (
            {"state": "expired", "next_ms": None, "ended_ms": now_ms}
            if over
            else {"next_ms": one.expires_ms + GRACE_MS}
        )
        tx.execute(update(COMMAND).where(COMMAND.c.number == one.number, _OPEN).values(values))


def resend(tx: Connection, gateway: str, now_ms: int) -> int:
    """The gateway is there again: what it has not answered is due; how many those are."""
    waiting = (COMMAND.c.gateway == gateway, COMMAND.c.state == "sent", _OPEN, COMMAND.c.expires_ms > now_ms)
    return tx.execute(update(COMMAND).where(*waiting).values(next_ms=now_ms)).rowcount


def heed(tx: Connection, gateway: str, result: Result, now_ms: int) -> bool:
    """Take the gateway's word of one of its commands; False: it says nothing new.

    It counts even when we had given the command up: what the device says is what is.
    """
    if result.state not in _SAID:
        return False
    said = {"state": result.state, "next_ms": None, "ended_ms": now_ms, "result": result.body()}
    mine = (COMMAND.c.id == result.id, COMMAND.c.gateway == gateway, COMMAND.c.result.is_(None))
    return tx.execute(update(COMMAND).where(*mine).values(said)).rowcount > 0


def heed_events(tx: Connection, arrived: Iterable[Arrived], now_ms: int) -> None:
    """Events repeat what results say, and are never lost."""
    for one in arrived:
        kind, _, state = one.event.kind.partition(".")
        name = one.event.data.get("command")
        if kind != "command" or state not in _SAID or not isinstance(name, str):
            continue
        row = tx.execute(select(COMMAND).where(COMMAND.c.id == name, COMMAND.c.gateway == one.gateway)).one_or_none()
        if row is None or row.result is not None:
            continue
        try:
            result = Result.of(_body_of(one, _given(row), state))
        except ProtocolError:
            continue  # the event is kept as it is, whatever it means
        heed(tx, one.gateway, result, now_ms)


def _body_of(arrived: Arrived, command: Given, state: str) -> dict[str, Any]:
    """An event as the result that it repeats."""
    data = arrived.event.data
    items = []
    for series, wanted in command.desired.items():
        value = data.get(series)
        reached = state == "applied" or (state == "failed" and value == wanted)
        items.append({"series": series, "state": "applied" if reached else state, "value": value, "reason": ""})
    return {
        "id": command.id,
        "version": command.version,
        "state": state,
        "time": arrived.event.time,
        "items": items,
        "reason": str(data.get("reason") or ""),
    }


def _narrowed(filters: Filters) -> list[ColumnElement[bool]]:
    found = _in_towns(filters.towns)
    if filters.states:
        found.append(COMMAND.c.state.in_(filters.states))
    for column, value in (
        (COMMAND.c.twin, filters.twin),
        (COMMAND.c.neuron, filters.neuron),
        (COMMAND.c.gateway, filters.gateway),
        (COMMAND.c.group, filters.group),
    ):
        if value is not None:
            found.append(column == value)
    return found


def _in_towns(towns: frozenset[str]) -> list[ColumnElement[bool]]:
    if not towns:
        return []
    return [COMMAND.c.neuron.in_(select(NEURON.c.id).where(NEURON.c.town.in_(sorted(towns))))]


def _given(row: Row[Any]) -> Given:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["twin"] = None if row.twin is None else TwinId(row.twin)
    values["result"] = None if row.result is None else Result.of(row.result)
    values["by"] = values.pop("given_by")
    return Given(**values)
