"""Datastreams: one observed property of one neuron, known to the store by a number that is never given twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, insert, select

from cloud.geo.towns import Place
from cloud.registry import revisions
from cloud.registry.errors import Conflict, NotFound
from cloud.registry.schema import DATASTREAM, NEURON
from cloud.registry.selection import Page, Selection, Site
from protocols.vocabulary import Point


class Series(NamedTuple):
    """What a neuron observes: the property, on which channel, in which unit."""

    observed: str
    unit: str
    """UCUM."""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Datastream:
    """One time series, with what its neuron lends it."""

    number: int
    point: Point
    """Its key: the source is the neuron's identifier."""
    unit: str
    kind: str
    """The neuron's, as the name, gateway and site."""
    name: str
    gateway: str | None
    site: Site


def add(tx: Connection, neuron: str, series: Iterable[Series]) -> None:
    """Give a neuron datastreams; those it has with the same unit stay as they are. The caller bumps the revision.

    :raises Conflict: it has one of that name in another unit.
    """
    known = {
        (row.observed, row.channel): row.unit
        for row in tx.execute(select(DATASTREAM).where(DATASTREAM.c.neuron == neuron))
    }
    for one in series:
        unit = known.get((one.observed, one.channel))
        if unit is None:
            known[one.observed, one.channel] = one.unit
            values = {"neuron": neuron, "observed": one.observed, "channel": one.channel, "unit": one.unit}
            tx.execute(insert(DATASTREAM).values(values))
        elif unit != one.unit:
            key = Point(neuron, one.observed, one.channel)
            raise Conflict(f"datastream {key} is in {unit}, not in {one.unit}", "observed_properties")


def get(tx: Connection, key: Point, scope: frozenset[str] = frozenset()) -> Datastream:
    """One datastream by its key.

    :raises NotFound: there is none, or none in the asker's towns.
    """
    same = (
        DATASTREAM.c.neuron == key.source,
        DATASTREAM.c.observed == key.observed,
        DATASTREAM.c.channel == key.channel,
    )
    row = tx.execute(_question().where(*same, *Selection(scope).conditions(NEURON))).one_or_none()
    if row is None:
        raise NotFound(f"no datastream {key}")
    return _datastream(row)


def of_neurons(tx: Connection, neurons: Sequence[str]) -> list[Datastream]:
    """All datastreams of some neurons, in the order of their numbers."""
    question = _question().where(DATASTREAM.c.neuron.in_(neurons)).order_by(DATASTREAM.c.id)
    return [_datastream(row) for row in tx.execute(question)]


def page(  # noqa: PLR0913 - a list is narrowed by these
    tx: Connection,
    selection: Selection,
    limit: int,
    after: int = 0,
    *,
    observed: str | None = None,
    neuron: str | None = None,
    gateway: str | None = None,
) -> Page[Datastream]:
    """Datastreams in the order of their numbers, behind the number ``after``."""
    question = _question().where(DATASTREAM.c.id > after, *selection.conditions(NEURON))
    if observed is not None:
        question = question.where(DATASTREAM.c.observed == observed)
    if neuron is not None:
        question = question.where(DATASTREAM.c.neuron == neuron)
    if gateway is not None:
        question = question.where(NEURON.c.gateway == gateway)
    rows = tx.execute(question.order_by(DATASTREAM.c.id).limit(limit + 1))
    return Page.of([_datastream(row) for row in rows], limit, lambda one: one.number)


def changed_since(tx: Connection, revision: int) -> list[Datastream]:
    """The datastreams of all neurons that changed after a revision of the directory."""
    return [_datastream(row) for row in tx.execute(_question().where(NEURON.c.revision > revision))]


def revision(tx: Connection) -> int:
    """The directory's revision as committed."""
    return revisions.current(tx, revisions.DIRECTORY)


def _question() -> Select[Any]:
    own = (DATASTREAM.c[name] for name in ("id", "neuron", "observed", "channel", "unit"))
    lent = (NEURON.c[name] for name in ("kind", "name", "gateway", "town", "village", "lon", "lat"))
    return select(*own, *lent).join(NEURON, NEURON.c.id == DATASTREAM.c.neuron)


def _datastream(row: Iterable[Any]) -> Datastream:
    """By position: by name takes twice as long, and there are a hundred thousand."""
    number, neuron, observed, channel, unit, kind, name, gateway, town, village, lon, lat = row
    point = Point(neuron, observed, channel)
    return Datastream(number, point, unit, kind, name, gateway, Site(Place(town, village), lon, lat))
