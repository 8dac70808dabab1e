"""Quarantine: what could not be stored, with its raw bytes and the reason; bounded, oldest dropped and counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from cloud.registry import discovered, tally
from cloud.registry.dialect import plain
from cloud.registry.discovered import Find
from cloud.registry.errors import NotFound
from cloud.registry.schema import QUARANTINE
from cloud.registry.selection import Page

_ROWS: Final = "quarantine_rows"
_BYTES: Final = "quarantine_bytes"
_DROPPED: Final = "quarantine_dropped"
_DROP_AT_ONCE: Final = 100
_ASKED_AT_ONCE: Final = 500
_DEDUPE_LENGTH: Final = 200


class Suspect(NamedTuple):
    """A message, or a part of one, that could not be stored."""

    received_ms: int
    gateway: str
    """As the topic names it; it need not be registered."""
    topic: str
    reason: str
    """One word of a small set: ``malformed``, ``unknown_neuron``, ``future``..."""
    detail: str
    """One line for people."""
    source: str
    """What kind of payload it is, which tells who can replay it: ``envelope``, ``senml-json``..."""
    payload: bytes
    dedupe: str
    """The same for the same message and reason: a repetition only counts up."""
    subject: str | None = None
    """The one device that all of it is of: its hardware identity or the neuron's identifier."""
    find: Find | None = None
    """What is to be listed as discovered; it is not kept here."""


class Quarantined(NamedTuple):
    """A suspect in its place."""

    id: int
    suspect: Suspect
    times: int
    """How often it came."""
    replayed_ms: int | None


class Bounds(NamedTuple):
    """How much is kept; beyond, the oldest goes first."""

    rows: int = 100_000
    bytes: int = 256 * 1024 * 1024


class Totals(NamedTuple):
    """What is there, and what had to go."""

    rows: int
    bytes: int
    dropped: int


def add(tx: Connection, suspects: Iterable[Suspect], bounds: Bounds) -> None:
    """Take suspects in; one that is there already (same ``dedupe``) counts up and is no longer called replayed."""
    suspects = list(suspects)
    tally.add(tx, _ROWS, 0)  # its row is the lock: of two who bring the same one comes second
    discovered.note(tx, [suspect.find for suspect in suspects if suspect.find is not None])
    times: Counter[str] = Counter()
    first: dict[str, Suspect] = {}
    for suspect in suspects:
        dedupe = bounded_dedupe(suspect.dedupe)
        times[dedupe] += 1
        first.setdefault(dedupe, suspect)
    known = _known(tx, list(times))
    if known:
        tx.execute(_AGAIN, [{"which": dedupe, "more": times[dedupe]} for dedupe in known])
    fresh = {dedupe: suspect for dedupe, suspect in first.items() if dedupe not in known}
    if fresh:
        values = [_values(suspect, dedupe, times[dedupe]) for dedupe, suspect in fresh.items()]
        tx.execute(insert(QUARANTINE), values)
    rows, size = len(fresh), sum(len(suspect.payload) for suspect in fresh.values())
    kept = tally.add(tx, _ROWS, rows), tally.add(tx, _BYTES, size)
    _trim(tx, kept[0] - bounds.rows, kept[1] - bounds.bytes)


_AGAIN: Final = (
    update(QUARANTINE)
    .where(QUARANTINE.c.dedupe == bindparam("which"))
    .values(times=QUARANTINE.c.times + bindparam("more"), replayed_ms=None)
)


def _known(tx: Connection, dedupes: Sequence[str]) -> set[str]:
    """Those that are there already."""
    found: set[str] = set()
    for start in range(0, len(dedupes), _ASKED_AT_ONCE):
        some = dedupes[start : start + _ASKED_AT_ONCE]
        found.update(tx.scalars(select(QUARANTINE.c.dedupe).where(QUARANTINE.c.dedupe.in_(some))))
    return found


def _values(suspect: Suspect, dedupe: str, times: int) -> dict[str, Any]:
    values = {**suspect._asdict(), "dedupe": dedupe, "times": times}
    del values["find"]
    for name, length in (("gateway", 32), ("topic", 200), ("reason", 48), ("source", 100), ("detail", 1000)):
        values[name] = plain(values[name], length)
    return values


def get(tx: Connection, number: int) -> Quarantined:
    """One of them.

    :raises NotFound: there is none of that number (any more).
    """
    row = tx.execute(select(QUARANTINE).where(QUARANTINE.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"nothing in quarantine under {number}")
    return _quarantined(row)


def page(
    tx: Connection, limit: int, before: int | None = None, *, reason: str | None = None, gateway: str | None = None
) -> Page[Quarantined]:
    """Newest first, those with a smaller number than ``before``."""
    question = select(QUARANTINE)
    if before is not None:
        question = question.where(QUARANTINE.c.id < before)
    if reason is not None:
        question = question.where(QUARANTINE.c.reason == reason)
    if gateway is not None:
        question = question.where(QUARANTINE.c.gateway == gateway)
    rows = tx.execute(question.order_by(QUARANTINE.c.id.desc()).limit(limit + 1))
    return Page.of([_quarantined(row) for row in rows], limit, lambda one: one.id)


def waiting(tx: Connection, subjects: Sequence[str], numbers: range, limit: int) -> list[Quarantined]:
    """What waits of some devices, oldest first, within these numbers."""
    question = select(QUARANTINE).where(
        QUARANTINE.c.subject.in_(subjects),
        QUARANTINE.c.id >= numbers.start,
        QUARANTINE.c.id < numbers.stop,
        QUARANTINE.c.replayed_ms.is_(None),
    )
    return [_quarantined(row) for row in tx.execute(question.order_by(QUARANTINE.c.id).limit(limit))]


def newest(tx: Connection) -> int:
    """The greatest number; 0: there is none."""
    return tx.scalar(select(func.max(QUARANTINE.c.id))) or 0


def mark_replayed(tx: Connection, numbers: Sequence[int], now_ms: int) -> None:
    """Say that all of them is in the store now, or in quarantine anew."""
    tx.execute(update(QUARANTINE).where(QUARANTINE.c.id.in_(numbers)).values(replayed_ms=now_ms))


def totals(tx: Connection) -> Totals:
    """For metrics."""
    return Totals(*tally.totals(tx, _ROWS, _BYTES, _DROPPED))


def _trim(tx: Connection, rows_over: int, bytes_over: int) -> None:
    dropped = freed = 0
    while dropped < rows_over or freed < bytes_over:
        size = func.length(QUARANTINE.c.payload)
        oldest = tx.execute(select(QUARANTINE.c.id, size).order_by(QUARANTINE.c.id).limit(_DROP_AT_ONCE)).all()
        if not oldest:
            break
        gone = []
        for number, length in oldest:
            if dropped >= rows_over and freed >= bytes_over:
                break
            gone.append(number)
            dropped, freed = dropped + 1, freed + length
        tx.execute(delete(QUARANTINE).where(QUARANTINE.c.id.in_(gone)))
    if dropped:
        tally.add(tx, _ROWS, -dropped)
        tally.add(tx, _BYTES, -freed)
        tally.add(tx, _DROPPED, dropped)


def bounded_dedupe(text: str) -> str:
    """As it is kept."""
    if len(text) <= _DEDUPE_LENGTH and "\0" not in text:
        return text
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _quarantined(row: Row[Any]) -> Quarantined:
    suspect = Suspect(
        row.received_ms,
        row.gateway,
        row.topic,
        row.reason,
        row.detail,
        row.source,
        row.payload,
        row.dedupe,
        row.subject,
    )
    return Quarantined(row.id, suspect, row.times, row.replayed_ms)
