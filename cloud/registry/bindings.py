"""Bindings: which neuron watches which twin, from when to when."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, or_, select, update

from cloud.registry.errors import Conflict, Invalid, NotFound
from cloud.registry.schema import BINDING, NEURON
from protocols.vocabulary import TwinId


class Binding(NamedTuple):
    """One neuron watches one twin for from_ms <= time < to_ms."""

    id: int
    neuron: str
    twin: TwinId
    from_ms: int
    to_ms: int | None
    """None: until further notice."""


def bind(  # noqa: PLR0913 - a binding is made of these
    tx: Connection, neuron: str, twin: TwinId, from_ms: int, to_ms: int | None = None, *, replaces: str | None = None
) -> Binding:
    """Let a neuron watch a twin; both exist.

    :param replaces: the neuron whose open binding to this twin ends where the new one starts.
    :raises Invalid: it would end before it starts, or the neuron to be replaced does not watch the twin.
    :raises Conflict: the neuron watches this twin already at some time of it.
    """
    tx.execute(select(NEURON.c.id).where(NEURON.c.id == neuron).with_for_update())  # one binding of a neuron at a time
    if to_ms is not None and to_ms <= from_ms:
        raise Invalid("the binding ends before it starts", "to")
    if replaces is not None:
        _end(tx, replaces, twin, from_ms)
    _refuse_overlap(tx, Binding(0, neuron, twin, from_ms, to_ms))
    values = {"neuron": neuron, "twin": twin.code, "from_ms": from_ms, "to_ms": to_ms}
    number = tx.execute(insert(BINDING).values(values).returning(BINDING.c.id)).scalar_one()
    return Binding(number, neuron, twin, from_ms, to_ms)


def end(tx: Connection, neuron: str, number: int, to_ms: int) -> Binding:
    """Say when a binding ended, or that it ended earlier.

    :raises NotFound: the neuron has no such binding.
    :raises Invalid: it would end before it starts.
    :raises Conflict: it would overlap a later one of the same neuron and twin.
    """
    row = tx.execute(select(BINDING).where(BINDING.c.id == number, BINDING.c.neuron == neuron)).one_or_none()
    if row is None:
        raise NotFound(f"no binding {number} of neuron {neuron:.40}")
    ended = _binding(row)._replace(to_ms=to_ms)
    if to_ms <= ended.from_ms:
        raise Invalid("the binding ends before it starts", "to")
    _refuse_overlap(tx, ended)
    tx.execute(update(BINDING).where(BINDING.c.id == number).values(to_ms=to_ms))
    return ended


def of_twin(tx: Connection, twin: TwinId) -> list[Binding]:
    """All bindings of a twin in the order of their start."""
    question = select(BINDING).where(BINDING.c.twin == twin.code).order_by(BINDING.c.from_ms, BINDING.c.id)
    return [_binding(row) for row in tx.execute(question)]


def of_neuron(tx: Connection, neuron: str) -> list[Binding]:
    """All bindings of a neuron in the order of their start."""
    question = select(BINDING).where(BINDING.c.neuron == neuron).order_by(BINDING.c.from_ms, BINDING.c.id)
    return [_binding(row) for row in tx.execute(question)]


def _end(tx: Connection, neuron: str, twin: TwinId, at_ms: int) -> None:
    ended = tx.execute(
        update(BINDING)
        .where(BINDING.c.neuron == neuron, BINDING.c.twin == twin.code)
        .where(BINDING.c.to_ms.is_(None), BINDING.c.from_ms < at_ms)
        .values(to_ms=at_ms)
    )
    if ended.rowcount == 0:
        raise Invalid(f"neuron {neuron:.40} has no open binding to twin {twin} that started before", "replaces")


def _refuse_overlap(tx: Connection, new: Binding) -> None:
    question = select(BINDING.c.id).where(
        BINDING.c.neuron == new.neuron,
        BINDING.c.twin == new.twin.code,
        BINDING.c.id != new.id,
        or_(BINDING.c.to_ms.is_(None), BINDING.c.to_ms > new.from_ms),
    )
    if new.to_ms is not None:
        question = question.where(BINDING.c.from_ms < new.to_ms)
    if tx.scalar(question.limit(1)) is not None:
        raise Conflict(f"neuron {new.neuron} watches twin {new.twin} already at some time of this binding", "from")


def _binding(row: Row[Any]) -> Binding:
    return Binding(row.id, row.neuron, TwinId(row.twin), row.from_ms, row.to_ms)
