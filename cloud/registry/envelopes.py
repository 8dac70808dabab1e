"""The ledger of envelopes, for stores that cannot write it in one transaction with the readings (ADR 0015)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select, tuple_

from cloud.registry import dialect
from cloud.registry.schema import ENVELOPE
from cloud.store.port import EnvelopeKey

_AT_ONCE: Final = 500
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
    question = select(ENVELOPE.c.digest).where(
        ENVELOPE.c.gateway == gateway,
        ENVELOPE.c.stream == stream,
        ENVELOPE.c.epoch == epoch,
        ENVELOPE.c.sequence == sequence,
    )
    found = tx.scalar(question)
    return None if found is None else int(found)


def digests(tx: Connection, names: Sequence[Name]) -> dict[Name, int]:
    """(gateway, stream, epoch, sequence) -> digest, of those that are held."""
    columns = (ENVELOPE.c.gateway, ENVELOPE.c.stream, ENVELOPE.c.epoch, ENVELOPE.c.sequence)
    found: dict[Name, int] = {}
    for start in range(0, len(names), _AT_ONCE):
        question = select(*columns, ENVELOPE.c.digest).where(tuple_(*columns).in_(names[start : start + _AT_ONCE]))
        for row in tx.execute(question):
            found[row.gateway, row.stream, row.epoch, row.sequence] = int(row.digest)
    return found


def held(tx: Connection) -> dict[tuple[str, int, int], list[tuple[int, int]]]:
    """(gateway, stream, epoch) -> inclusive ranges of the sequence numbers that are held."""
    of: tuple[Any, ...] = (ENVELOPE.c.gateway, ENVELOPE.c.stream, ENVELOPE.c.epoch)
    place = func.row_number().over(partition_by=of, order_by=ENVELOPE.c.sequence)
    islands = select(*of, ENVELOPE.c.sequence, (ENVELOPE.c.sequence - place).label("island")).subquery()
    named = (islands.c.gateway, islands.c.stream, islands.c.epoch)
    question = (
        select(*named, func.min(islands.c.sequence), func.max(islands.c.sequence))
        .group_by(*named, islands.c.island)
        .order_by(*named, func.min(islands.c.sequence))
    )
    found: dict[tuple[str, int, int], list[tuple[int, int]]] = {}
    for gateway, stream, epoch, first, last in tx.execute(question):
        found.setdefault((gateway, stream, epoch), []).append((first, last))
    return found
