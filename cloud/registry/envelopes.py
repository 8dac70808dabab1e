"""The ledger of envelopes, for stores that cannot write it in one transaction with the readings (ADR 0015)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from cloud.registry import dialect
from cloud.registry.schema import ENVELOPE, HELD_RANGE
from cloud.store.held import Held, joined, ranges_of
from cloud.store.port import EnvelopeKey
from protocols.uplink import Stream

_AT_ONCE: Final = 500
_OF: Final = (ENVELOPE.c.gateway, ENVELOPE.c.stream, ENVELOPE.c.epoch)
_NAME: Final = (*_OF, ENVELOPE.c.sequence)
Name = tuple[str, int, int, int]


def note(tx: Connection, keys: Sequence[EnvelopeKey]) -> None:
    """They are held from now on; one that is there already stays as it is, digest and all."""
    rows = [
        {"gateway": one.gateway, "stream": one.stream, "epoch": one.epoch, "sequence": one.sequence,
         "digest": one.digest} for one in sorted(keys)  # two who bring the same wait for one another, not both
    ]  # fmt: skip
    for start in range(0, len(rows), _AT_ONCE):
        tx.execute(dialect.insert_or_ignore(tx, ENVELOPE), rows[start : start + _AT_ONCE])


def digest(tx: Connection, gateway: str, stream: int, epoch: int, sequence: int) -> int | None:
    """The digest that a held envelope had; None when it is not held."""
    question = select(ENVELOPE.c.digest).where(tuple_(*_NAME) == (gateway, stream, epoch, sequence))
    found = tx.scalar(question)
    return None if found is None else int(found)


def digests(tx: Connection, names: Sequence[Name]) -> dict[Name, int]:
    """(gateway, stream, epoch, sequence) -> digest, of those that are held."""
    found: dict[Name, int] = {}
    for start in range(0, len(names), _AT_ONCE):
        question = select(*_NAME, ENVELOPE.c.digest).where(tuple_(*_NAME).in_(names[start : start + _AT_ONCE]))
        for row in tx.execute(question):
            found[row.gateway, row.stream, row.epoch, row.sequence] = int(row.digest)
    return found


def held(tx: Connection) -> Held:
    """As :meth:`cloud.store.port.Store.held`."""
    place = func.row_number().over(partition_by=_OF, order_by=ENVELOPE.c.sequence)
    islands = select(*_OF, ENVELOPE.c.sequence, (ENVELOPE.c.sequence - place).label("island")).subquery()
    named = (islands.c.gateway, islands.c.stream, islands.c.epoch)
    spans = select(*named, func.min(islands.c.sequence), func.max(islands.c.sequence))
    questions = spans.group_by(*named, islands.c.island), select(HELD_RANGE)
    return joined(tuple(row) for question in questions for row in tx.execute(question))


def long_ones(tx: Connection, recent: int) -> list[str]:
    """Of which gateways more than twice so many envelopes of readings are known by their content."""
    gateway = ENVELOPE.c.gateway
    found = select(gateway).where(ENVELOPE.c.stream == Stream.READINGS).group_by(gateway)
    return list(tx.scalars(found.having(func.count() > 2 * recent)))


def fold(tx: Connection, gateway: str, recent: int, at_once: int) -> bool:
    """Of its envelopes of readings but so many of the newest ranges are kept, no digests; whether there are more.

    :param at_once: how many are folded in one go.
    """
    stream = int(Stream.READINGS)
    of_it = ENVELOPE.c.gateway == gateway, ENVELOPE.c.stream == stream
    place = ENVELOPE.c.epoch, ENVELOPE.c.sequence
    ordered = select(*place).where(*of_it)
    last = tx.execute(ordered.order_by(*(one.desc() for one in place)).offset(recent).limit(1)).one_or_none()
    if last is None:
        return False
    step = tx.execute(ordered.order_by(*place).offset(at_once - 1).limit(1)).one_or_none()
    until = tuple(last) if step is None else min(tuple(step), tuple(last))
    gone = tx.execute(delete(ENVELOPE).where(*of_it, tuple_(*place) <= until).returning(*place)).all()
    epochs = [epoch for epoch, _ in gone]
    kept = (
        HELD_RANGE.c.gateway == gateway,
        HELD_RANGE.c.stream == stream,
        HELD_RANGE.c.epoch.between(min(epochs, default=0), max(epochs, default=-1)),
    )
    ranges = [(gateway, stream, epoch, sequence, sequence) for epoch, sequence in gone]
    ranges += [tuple(row) for row in tx.execute(delete(HELD_RANGE).where(*kept).returning(*HELD_RANGE.c))]
    if ranges:
        names = HELD_RANGE.c.keys()
        tx.execute(insert(HELD_RANGE), [dict(zip(names, one, strict=True)) for one in ranges_of(joined(ranges))])
    return until < tuple(last)
