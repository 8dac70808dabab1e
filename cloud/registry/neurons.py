"""Neurons: sensing nodes, what they observe, the hardware identities they own, the gateway that speaks for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from cloud.geo.towns import Place
from cloud.registry import datastreams, revisions
from cloud.registry.datastreams import Series
from cloud.registry.errors import Conflict, Invalid, NotFound
from cloud.registry.schema import GATEWAY, HARDWARE, NEURON
from cloud.registry.selection import Page, Selection, Site
from protocols.vocabulary import HardwareId, NeuronId


@dataclass(frozen=True, slots=True)
class Neuron:
    """One sensing node."""

    id: str
    kind: str
    name: str
    gateway: str | None
    """None: it speaks through no gateway (it writes by HTTP)."""
    site: Site
    attributes: dict[str, Any]
    hardware: tuple[HardwareId, ...] = ()
    created_ms: int = 0
    updated_ms: int = 0


def add(tx: Connection, neuron: Neuron, series: Iterable[Series], now_ms: int) -> Neuron:
    """Register a neuron under a new identifier; ``neuron.id`` is not looked at.

    :raises Invalid: its gateway does not exist.
    :raises Conflict: a hardware identity belongs to another neuron.
    """
    revision = revisions.bump(tx, revisions.DIRECTORY)
    _check_gateway(tx, neuron.gateway)
    name = _unused_id(tx)
    values = {
        "id": name,
        "kind": neuron.kind,
        **_changeable(neuron),
        "revision": revision,
        "created_ms": now_ms,
        "updated_ms": now_ms,
    }
    tx.execute(insert(NEURON).values(values))
    _own(tx, name, neuron.hardware)
    datastreams.add(tx, name, series)
    return get(tx, name)


def get(tx: Connection, neuron: str, scope: frozenset[str] = frozenset()) -> Neuron:
    """One neuron.

    :raises NotFound: there is none, or none in the asker's towns.
    """
    row = tx.execute(select(NEURON).where(NEURON.c.id == neuron, *Selection(scope).conditions(NEURON))).one_or_none()
    if row is None:
        raise NotFound(f"no neuron {neuron:.40}")
    return _with_hardware(tx, [row])[0]


def amend(tx: Connection, neuron: Neuron, series: Iterable[Series], now_ms: int) -> Neuron:
    """Write name, gateway, site, attributes and hardware anew, and add datastreams; identifier and kind are for life.

    :raises Invalid: its gateway does not exist.
    :raises Conflict: a hardware identity belongs to another neuron, or a datastream has another unit.
    """
    revision = revisions.bump(tx, revisions.DIRECTORY)
    _check_gateway(tx, neuron.gateway)
    values = {**_changeable(neuron), "revision": revision, "updated_ms": now_ms}
    tx.execute(update(NEURON).where(NEURON.c.id == neuron.id).values(values))
    tx.execute(delete(HARDWARE).where(HARDWARE.c.neuron == neuron.id))
    _own(tx, neuron.id, neuron.hardware)
    datastreams.add(tx, neuron.id, series)
    return get(tx, neuron.id)


def page(
    tx: Connection, selection: Selection, limit: int, after: str = "", *, gateway: str | None = None
) -> Page[Neuron]:
    """Neurons in the order of their identifiers, behind the identifier ``after``."""
    question = select(NEURON).where(NEURON.c.id > after, *selection.conditions(NEURON))
    if gateway is not None:
        question = question.where(NEURON.c.gateway == gateway)
    rows = tx.execute(question.order_by(NEURON.c.id).limit(limit + 1)).all()
    return Page.of(_with_hardware(tx, rows), limit, lambda one: one.id)


def changed_since(tx: Connection, revision: int) -> list[Neuron]:
    """All neurons that changed after a revision of the directory."""
    return _with_hardware(tx, tx.execute(select(NEURON).where(NEURON.c.revision > revision)).all(), revision)


def _unused_id(tx: Connection) -> str:
    while True:  # 40 random bits: a second round is rare, a third one never seen
        name = str(NeuronId.mint())
        if tx.scalar(select(NEURON.c.id).where(NEURON.c.id == name)) is None:
            return name


def _check_gateway(tx: Connection, gateway: str | None) -> None:
    if gateway is not None and tx.scalar(select(GATEWAY.c.id).where(GATEWAY.c.id == gateway)) is None:
        raise Invalid(f"no gateway {gateway:.40}", "gateway")


def _own(tx: Connection, neuron: str, hardware: Iterable[HardwareId]) -> None:
    for scheme, value in dict.fromkeys(hardware):
        question = select(HARDWARE.c.neuron).where(HARDWARE.c.scheme == scheme, HARDWARE.c.value == value)
        if tx.scalar(question) is not None:
            raise Conflict(f"hardware identity {scheme}:{value} belongs to another neuron", "hardware")
        tx.execute(insert(HARDWARE).values(scheme=scheme, value=value, neuron=neuron))


def _changeable(neuron: Neuron) -> dict[str, Any]:
    return {
        "name": neuron.name,
        "gateway": neuron.gateway,
        "town": neuron.site.place.town,
        "village": neuron.site.place.village,
        "lon": neuron.site.lon,
        "lat": neuron.site.lat,
        "attributes": neuron.attributes,
    }


def _with_hardware(tx: Connection, rows: Sequence[Row[Any]], since: int | None = None) -> list[Neuron]:
    """Rows of NEURON as values.

    :param since: the rows are all that changed after this revision, and may be very many.
    """
    question = select(HARDWARE).order_by(HARDWARE.c.scheme, HARDWARE.c.value)
    if since is None:
        question = question.where(HARDWARE.c.neuron.in_([row.id for row in rows]))
    else:
        question = question.join(NEURON, NEURON.c.id == HARDWARE.c.neuron).where(NEURON.c.revision > since)
    owned: dict[str, list[HardwareId]] = {}
    for scheme, value, owner in tx.execute(question):
        owned.setdefault(owner, []).append(HardwareId(scheme, value))
    return [replace(_neuron(row), hardware=tuple(owned.get(row.id, ()))) for row in rows]


def _neuron(row: Row[Any]) -> Neuron:
    site = Site(Place(row.town, row.village), row.lon, row.lat)
    return Neuron(row.id, row.kind, row.name, row.gateway, site, row.attributes, (), row.created_ms, row.updated_ms)
