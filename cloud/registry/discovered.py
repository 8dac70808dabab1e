"""Discovered: devices, and series of them, that came in by a door and have no place yet; bounded, oldest dropped."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from cloud.registry import tally
from cloud.registry.dialect import plain
from cloud.registry.errors import NotFound
from cloud.registry.schema import DISCOVERED
from cloud.registry.selection import Page

MAX_ROWS: Final = 10_000
MAX_NAMES: Final = 200
"""Names that are listed of one device."""
LONGEST_NAME: Final = 200
_LONGEST_UNIT: Final = 32
_ROWS: Final = "discovered_rows"
_DROPPED: Final = "discovered_dropped"
_DROP_AT_ONCE: Final = 100
_ASKED_AT_ONCE: Final = 500


class Seen(NamedTuple):
    """A name that a device gave a series of its own, and the newest that was seen of it."""

    name: str
    series: str
    """What it means by itself, ``<observed property>[/<channel>]``; empty: nothing."""
    unit: str | None
    """As the sender told it."""
    readings: int
    value: float | None
    time: int


class Find(NamedTuple):
    """What one message said of a device, or of a series, that has no place."""

    door: str
    gateway: str
    """By which it came; empty: the door knows none."""
    subject: str
    """Hardware identity or neuron identifier."""
    label: str
    """What its sender calls it."""
    at_ms: int
    names: tuple[Seen, ...]


class Discovered(NamedTuple):
    """All that was said of one."""

    id: int
    door: str
    gateway: str
    subject: str
    label: str
    first_ms: int
    last_ms: int
    messages: int
    readings: int
    names: tuple[Seen, ...]
    names_left_out: int
    """Readings whose names had no room."""


def note(tx: Connection, finds: Iterable[Find], max_rows: int = MAX_ROWS) -> None:
    """Take finds in; those of one device are one row. The ones that were silent for longest make room."""
    grouped: dict[tuple[str, str, str], list[Find]] = {}
    for find in finds:
        grouped.setdefault((find.door, find.gateway, find.subject), []).append(find)
    known = _known(tx, sorted({subject for _, _, subject in grouped}))
    changed, fresh = [], []
    for key, of_one in grouped.items():
        old = known.get(key)
        values = _summed(old, of_one)
        if old is None:
            fresh.append(dict(zip(("door", "gateway", "subject"), key, strict=True)) | values)
        else:
            changed.append({"which": old.id} | {f"new_{name}": value for name, value in values.items()})
    if changed:
        tx.execute(_CHANGE, changed)
    if fresh:
        tx.execute(insert(DISCOVERED), fresh)
        _trim(tx, tally.add(tx, _ROWS, len(fresh)) - max_rows)


_WRITTEN: Final = ("label", "first_ms", "last_ms", "messages", "readings", "names", "names_left_out")
_CHANGE: Final = (
    update(DISCOVERED)
    .where(DISCOVERED.c.id == bindparam("which"))
    .values({name: bindparam(f"new_{name}") for name in _WRITTEN})
)


def _known(tx: Connection, subjects: Sequence[str]) -> dict[tuple[str, str, str], Discovered]:
    """What is listed of these, by door, gateway and subject."""
    found = {}
    for start in range(0, len(subjects), _ASKED_AT_ONCE):
        some = subjects[start : start + _ASKED_AT_ONCE]
        for row in tx.execute(select(DISCOVERED).where(DISCOVERED.c.subject.in_(some))):
            found[row.door, row.gateway, row.subject] = _discovered(row)
    return found


def get(tx: Connection, number: int) -> Discovered:
    """One of them.

    :raises NotFound: there is none of that number (any more).
    """
    row = tx.execute(select(DISCOVERED).where(DISCOVERED.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"nothing discovered under {number}")
    return _discovered(row)


def page(
    tx: Connection, limit: int, before: int | None = None, *, door: str | None = None, gateway: str | None = None
) -> Page[Discovered]:
    """Newest first, those with a smaller number than ``before``."""
    question = select(DISCOVERED)
    if before is not None:
        question = question.where(DISCOVERED.c.id < before)
    if door is not None:
        question = question.where(DISCOVERED.c.door == door)
    if gateway is not None:
        question = question.where(DISCOVERED.c.gateway == gateway)
    rows = tx.execute(question.order_by(DISCOVERED.c.id.desc()).limit(limit + 1))
    return Page.of([_discovered(row) for row in rows], limit, lambda one: one.id)


def forget(tx: Connection, subjects: Sequence[str]) -> None:
    """They have a place now, or nobody wants them; what comes without a place is discovered anew."""
    gone = tx.execute(delete(DISCOVERED).where(DISCOVERED.c.subject.in_(subjects))).rowcount
    tally.add(tx, _ROWS, -gone)


def totals(tx: Connection) -> tuple[int, int]:
    """(rows, dropped), for metrics."""
    rows, dropped = tally.totals(tx, _ROWS, _DROPPED)
    return rows, dropped


def _summed(known: Discovered | None, finds: Sequence[Find]) -> dict[str, Any]:
    names = {} if known is None else {seen.name: seen for seen in known.names}
    left_out = 0 if known is None else known.names_left_out
    for find in finds:
        for told in find.names:
            unit = told.unit and plain(told.unit, _LONGEST_UNIT)
            seen = told._replace(name=plain(told.name, LONGEST_NAME), unit=unit)
            old = names.get(seen.name)
            if old is not None:
                newest = seen if seen.time >= old.time else old
                names[seen.name] = newest._replace(readings=old.readings + seen.readings)
            elif len(names) < MAX_NAMES:
                names[seen.name] = seen
            else:
                left_out += seen.readings
    readings = sum(seen.readings for find in finds for seen in find.names)
    last = max(finds, key=lambda find: find.at_ms)
    return {
        "label": plain(last.label, LONGEST_NAME),
        "first_ms": min(f.at_ms for f in finds) if known is None else known.first_ms,
        "last_ms": max(last.at_ms, 0 if known is None else known.last_ms),
        "messages": len(finds) + (0 if known is None else known.messages),
        "readings": readings + (0 if known is None else known.readings),
        "names": [list(seen) for seen in names.values()],
        "names_left_out": left_out,
    }


def _trim(tx: Connection, over: int) -> None:
    while over > 0:
        oldest = select(DISCOVERED.c.id).order_by(DISCOVERED.c.last_ms, DISCOVERED.c.id)
        chosen = oldest.limit(min(over, _DROP_AT_ONCE)).scalar_subquery()
        gone = tx.execute(delete(DISCOVERED).where(DISCOVERED.c.id.in_(chosen))).rowcount
        tally.add(tx, _ROWS, -gone)
        tally.add(tx, _DROPPED, gone)
        over = over - gone if gone else 0


def _discovered(row: Row[Any]) -> Discovered:
    return Discovered(
        row.id,
        row.door,
        row.gateway,
        row.subject,
        row.label,
        row.first_ms,
        row.last_ms,
        row.messages,
        row.readings,
        tuple(Seen(*one) for one in row.names),
        row.names_left_out,
    )
