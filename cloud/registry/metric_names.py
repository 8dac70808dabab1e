"""Metric names: what a neuron's device calls its series, where that is not our name for them."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, delete, insert, select

from cloud.registry.errors import Invalid
from cloud.registry.schema import DATASTREAM, METRIC_NAME, NEURON
from protocols.vocabulary import series_name

MOST: Final = 1_000
"""Names of one neuron."""


class MetricName(NamedTuple):
    """One name and what it means."""

    neuron: str
    name: str
    datastream: int | None
    """None: what comes under that name is not wanted."""
    series: str
    """``<observed property>[/<channel>]`` of the datastream; empty: none."""
    unit: str | None
    """In which the device writes it; None: as it says itself, or in the datastream's."""


def of_neuron(tx: Connection, neuron: str) -> list[MetricName]:
    """In the order of the names."""
    rows = tx.execute(_question().where(METRIC_NAME.c.neuron == neuron).order_by(METRIC_NAME.c.name))
    return [_metric_name(row) for row in rows]


def changed_since(tx: Connection, revision: int) -> list[MetricName]:
    """The names of all neurons that changed after a revision of the directory."""
    question = _question().join(NEURON, NEURON.c.id == METRIC_NAME.c.neuron).where(NEURON.c.revision > revision)
    return [_metric_name(row) for row in tx.execute(question)]


def write(tx: Connection, neuron: str, names: Iterable[tuple[str, str | None, str | None]]) -> None:
    """Give names of a neuron their meaning; others stay. The caller bumps the revision of the neuron.

    :param names: (name, series of a datastream that the neuron has or None, unit).
    :raises Invalid: the neuron has no such datastream, or too many names.
    """
    known = {
        series_name(row.observed, row.channel): row.id
        for row in tx.execute(select(DATASTREAM).where(DATASTREAM.c.neuron == neuron))
    }
    for name, series, unit in names:
        if series is not None and series not in known:
            raise Invalid(f"{neuron} has no datastream {series:.80}", "metrics")
        tx.execute(delete(METRIC_NAME).where(METRIC_NAME.c.neuron == neuron, METRIC_NAME.c.name == name))
        datastream = None if series is None else known[series]
        tx.execute(insert(METRIC_NAME).values(neuron=neuron, name=name, datastream=datastream, unit=unit))
    if len(of_neuron(tx, neuron)) > MOST:
        raise Invalid(f"more than {MOST} metric names", "metrics")


def clear(tx: Connection, neuron: str) -> None:
    """Forget all of a neuron's. The caller bumps the revision of the neuron."""
    tx.execute(delete(METRIC_NAME).where(METRIC_NAME.c.neuron == neuron))


def _question() -> Select[Any]:
    joined = METRIC_NAME.outerjoin(DATASTREAM, DATASTREAM.c.id == METRIC_NAME.c.datastream)
    return select(METRIC_NAME, DATASTREAM.c.observed, DATASTREAM.c.channel).select_from(joined)


def _metric_name(row: Row[Any]) -> MetricName:
    series = "" if row.observed is None else series_name(row.observed, row.channel)
    return MetricName(row.neuron, row.name, row.datastream, series, row.unit)
