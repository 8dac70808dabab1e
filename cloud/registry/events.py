"""Events: what happened and is no number; each is kept once, bounded, oldest dropped and counted."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, delete, insert, select

from cloud.registry import tally
from cloud.registry.schema import EVENT, NEURON
from cloud.registry.selection import Page
from protocols.vocabulary import Event

MAX_ROWS: Final = 1_000_000
_ROWS: Final = "event_rows"
_DROPPED: Final = "event_dropped"
_DROP_AT_ONCE: Final = 500


class Arrived(NamedTuple):
    """An event with what makes it unique: the envelope it came in and its place there."""

    gateway: str
    epoch: int
    sequence: int
    place: int
    received_ms: int
    late: bool
    neuron: str | None
    """Whose it is; None: the gateway's own."""
    event: Event


class Kept(NamedTuple):
    """An event in its place."""

    number: int
    arrived: Arrived


class Filters(NamedTuple):
    """What a list is narrowed to; an empty or None part narrows nothing."""

    towns: frozenset[str] = frozenset()
    """The asker's; a gateway's own events belong to no town."""
    kind: str | None = None
    """A kind, or the beginning of one up to a dot: ``alarm`` is ``alarm.raised`` and ``alarm.cleared``."""
    neuron: str | None = None
    gateway: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None


def add(tx: Connection, arrived: Iterable[Arrived], max_rows: int = MAX_ROWS) -> list[Arrived]:
    """Take events in; gives those that were not there already."""
    arrived = list(arrived)
    if arrived:
        tally.add(tx, _ROWS, 0)  # its row is the lock: of two who bring the same one comes second
    fresh = [one for one in arrived if not _is_known(tx, one)]
    for one in fresh:
        event = one.event
        values = one._asdict() | {"source": event.source, "kind": event.kind, "time_ms": event.time}
        del values["event"]
        tx.execute(insert(EVENT).values(**values, data=dict(event.data)))
    _trim(tx, tally.add(tx, _ROWS, len(fresh)) - max_rows)
    return fresh


def _is_known(tx: Connection, one: Arrived) -> bool:
    key = (one.gateway, one.epoch, one.sequence, one.place)
    columns = (EVENT.c.gateway, EVENT.c.epoch, EVENT.c.sequence, EVENT.c.place)
    conditions = [column == value for column, value in zip(columns, key, strict=True)]
    return tx.execute(select(EVENT.c.number).where(*conditions)).first() is not None


def _trim(tx: Connection, over: int) -> None:
    while over > 0:
        oldest = select(EVENT.c.number).order_by(EVENT.c.number).limit(min(over, _DROP_AT_ONCE)).scalar_subquery()
        gone = tx.execute(delete(EVENT).where(EVENT.c.number.in_(oldest))).rowcount
        tally.add(tx, _ROWS, -gone)
        tally.add(tx, _DROPPED, gone)
        over = over - gone if gone else 0


def page(tx: Connection, filters: Filters, limit: int, before: int | None = None) -> Page[Kept]:
    """Newest first, those with a smaller number than ``before``."""
    question = _narrowed(filters)
    if before is not None:
        question = question.where(EVENT.c.number < before)
    rows = tx.execute(question.order_by(EVENT.c.number.desc()).limit(limit + 1))
    return Page.of([_kept(row) for row in rows], limit, lambda one: one.number)


def totals(tx: Connection) -> tuple[int, int]:
    """(rows, dropped), for metrics."""
    rows, dropped = tally.totals(tx, _ROWS, _DROPPED)
    return rows, dropped


def _narrowed(filters: Filters) -> Select[Any]:
    question = select(EVENT)
    if filters.towns:
        question = question.join(NEURON, NEURON.c.id == EVENT.c.neuron).where(NEURON.c.town.in_(sorted(filters.towns)))
    if filters.kind is not None:
        words = filters.kind.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        question = question.where((EVENT.c.kind == filters.kind) | EVENT.c.kind.like(f"{words}.%", escape="\\"))
    for column, value in ((EVENT.c.neuron, filters.neuron), (EVENT.c.gateway, filters.gateway)):
        if value is not None:
            question = question.where(column == value)
    if filters.from_ms is not None:
        question = question.where(EVENT.c.time_ms >= filters.from_ms)
    if filters.to_ms is not None:
        question = question.where(EVENT.c.time_ms < filters.to_ms)
    return question


def _kept(row: Row[Any]) -> Kept:
    event = Event(row.source, row.kind, row.time_ms, row.data)
    arrived = Arrived(
        row.gateway, row.epoch, row.sequence, row.place, row.received_ms, bool(row.late), row.neuron, event
    )
    return Kept(row.number, arrived)
