"""Pictures: which camera's, of when, under which hash; bounded and deleted in time (the files: cloud/pictures)."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, delete, insert, select

from cloud.registry import tally
from cloud.registry.schema import NEURON, PICTURE
from cloud.registry.selection import Page

_ROWS: Final = "picture_rows"
_BYTES: Final = "picture_bytes"
_DROPPED: Final = "picture_dropped"
_EXPIRED: Final = "picture_expired"
_AT_ONCE: Final = 200
DISK_BLOCK: Final = 4096
"""Bytes that the smallest file takes."""


class Picture(NamedTuple):
    """One picture of one camera."""

    sha256: str
    neuron: str
    gateway: str
    """That brought it."""
    time_ms: int
    """When it was taken, by the gateway's clock."""
    received_ms: int
    size: int
    """Bytes of the file."""


class Listed(NamedTuple):
    """A picture in its place."""

    number: int
    picture: Picture


class Filters(NamedTuple):
    """What a list is narrowed to; an empty or None part narrows nothing."""

    towns: frozenset[str] = frozenset()
    """The asker's."""
    neuron: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None


def add(tx: Connection, picture: Picture) -> bool:
    """Note a picture whose file is on disk; whether it was not there already."""
    known = select(PICTURE.c.number).where(
        PICTURE.c.sha256 == picture.sha256, PICTURE.c.neuron == picture.neuron, PICTURE.c.time_ms == picture.time_ms
    )
    if tx.execute(known).first() is not None:
        return False
    tx.execute(insert(PICTURE).values(**picture._asdict()))
    tally.add(tx, _ROWS, 1)
    tally.add(tx, _BYTES, _footprint(picture.size))
    return True


def has(tx: Connection, sha256: str, neuron: str) -> bool:
    """Whether a camera's picture with these bytes is there."""
    question = select(PICTURE.c.number).where(PICTURE.c.sha256 == sha256, PICTURE.c.neuron == neuron)
    return tx.execute(question.limit(1)).first() is not None


def find(tx: Connection, sha256: str, towns: frozenset[str]) -> Picture | None:
    """The newest picture with these bytes that the asker may see."""
    question = _narrowed(Filters(towns)).where(PICTURE.c.sha256 == sha256)
    row = tx.execute(question.order_by(PICTURE.c.time_ms.desc()).limit(1)).one_or_none()
    return None if row is None else _listed(row).picture


def page(tx: Connection, filters: Filters, limit: int, before: int | None = None) -> Page[Listed]:
    """Newest first, in the order in which they arrived: those with a smaller number than ``before``."""
    question = _narrowed(filters)
    if before is not None:
        question = question.where(PICTURE.c.number < before)
    rows = tx.execute(question.order_by(PICTURE.c.number.desc()).limit(limit + 1))
    return Page.of([_listed(row) for row in rows], limit, lambda one: one.number)


def forget_over(tx: Connection, max_bytes: int) -> list[str]:
    """Drop the oldest arrivals until the rest fits; gives the hashes whose files nobody needs any more."""
    needless: list[str] = []
    while (over := tally.totals(tx, _BYTES)[0] - max_bytes) > 0:
        oldest = tx.execute(select(PICTURE).order_by(PICTURE.c.number).limit(_AT_ONCE)).all()
        gone: list[Row[Any]] = []
        for row in oldest:
            if over <= 0:
                break
            gone.append(row)
            over -= _footprint(row.size)
        if not gone:
            break
        needless += _forget(tx, gone, _DROPPED)
    return needless


def forget_before(tx: Connection, time_ms: int) -> tuple[int, list[str]]:
    """Drop some pictures that were taken before an instant; gives how many (0: there are no more), and the hashes."""
    question = select(PICTURE).where(PICTURE.c.time_ms < time_ms).order_by(PICTURE.c.time_ms).limit(_AT_ONCE)
    gone = tx.execute(question).all()
    return len(gone), _forget(tx, gone, _EXPIRED)


def known(tx: Connection, hashes: Iterable[str]) -> set[str]:
    """Those of the hashes that some picture has."""
    question = select(PICTURE.c.sha256).where(PICTURE.c.sha256.in_(list(hashes)))
    return set(tx.execute(question).scalars())


def totals(tx: Connection) -> tuple[int, int, int, int]:
    """(rows, bytes, dropped, expired), for metrics."""
    rows, size, dropped, expired = tally.totals(tx, _ROWS, _BYTES, _DROPPED, _EXPIRED)
    return rows, size, dropped, expired


def _forget(tx: Connection, rows: Iterable[Row[Any]], why: str) -> list[str]:
    rows = list(rows)
    if not rows:
        return []
    tx.execute(delete(PICTURE).where(PICTURE.c.number.in_([row.number for row in rows])))
    tally.add(tx, _ROWS, -len(rows))
    tally.add(tx, _BYTES, -sum(_footprint(row.size) for row in rows))
    tally.add(tx, why, len(rows))
    hashes = {row.sha256 for row in rows}
    return sorted(hashes - known(tx, hashes))


def _footprint(size: int) -> int:
    return -(-size // DISK_BLOCK) * DISK_BLOCK


def _narrowed(filters: Filters) -> Select[Any]:
    question = select(PICTURE)
    if filters.towns:
        towns = sorted(filters.towns)
        question = question.join(NEURON, NEURON.c.id == PICTURE.c.neuron).where(NEURON.c.town.in_(towns))
    if filters.neuron is not None:
        question = question.where(PICTURE.c.neuron == filters.neuron)
    if filters.from_ms is not None:
        question = question.where(PICTURE.c.time_ms >= filters.from_ms)
    if filters.to_ms is not None:
        question = question.where(PICTURE.c.time_ms < filters.to_ms)
    return question


def _listed(row: Row[Any]) -> Listed:
    picture = Picture(row.sha256, row.neuron, row.gateway, row.time_ms, row.received_ms, row.size)
    return Listed(row.number, picture)
