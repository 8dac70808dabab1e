"""`/api/v1/discovered`: devices and metrics that came in by a door and have no place yet, and adopting them."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from cloud.api import answers
from cloud.api.answers import NeuronDetail
from cloud.api.bodies import (
    Attributes,
    Body,
    GatewayText,
    GeoPoint,
    Kind,
    Name,
    Property,
    TownCode,
    refuse_outside,
    site_of,
)
from cloud.api.context import Context
from cloud.api.gatekeeper import Reader, Writer
from cloud.api.metric_names import MetricAnswer, Metrics, ReplayedAnswer, form, replayed, series_and_names
from cloud.api.paging import Cursor, Limit, Listing, RowNumber, listing, numbers_after
from cloud.api.problems import wrong_field
from cloud.api.times import format_time
from cloud.registry import bindings, datastreams, discovered, metric_names, neurons
from cloud.registry.access import Principal
from cloud.registry.datastreams import Series
from cloud.registry.discovered import Discovered, Seen
from cloud.registry.errors import NotFound
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Page
from protocols.vocabulary import HardwareId, unit_of

_LISTED: Final = 20
"""Metrics of a device in a list."""
router: Final = APIRouter(prefix="/api/v1/discovered", tags=["discovered"])


class SeenAnswer(BaseModel):
    """A name under which the device sends something, and the newest of it."""

    name: str
    property: str | None
    """What the name means by itself; null: it needs a meaning from you."""
    unit: str | None
    readings: int
    value: float | None
    time: str


class DiscoveredAnswer(BaseModel):
    """A device, or metrics of a known one, without a place."""

    id: int
    door: str
    gateway: str | None
    identity: str
    label: str
    neuron: str | None
    """The known device whose metrics these are; null: nobody knows it."""
    first_seen: str
    last_seen: str
    messages: int
    readings: int
    metrics: list[SeenAnswer]
    metrics_more: int
    """That a list does not show; asked for alone, a device shows them all."""
    readings_left_out: int
    """Under names for which the list had no room."""


class Adoption(Body):
    """How it becomes a neuron: ``kind`` and what else a neuron has, or ``neuron``, which is one that exists."""

    kind: Kind | None = None
    name: Name = ""
    neuron: Annotated[str, Field(max_length=40)] | None = None
    gateway: GatewayText | None = None
    observed_properties: Annotated[list[Property], Field(max_length=256)] = Field(default_factory=list)
    location: GeoPoint | None = None
    town: TownCode | None = None
    attributes: Attributes = Field(default_factory=dict)
    metrics: Metrics = Field(default_factory=dict)


class AdoptedAnswer(BaseModel):
    """The neuron, the names of its metrics, and what became of all that had waited."""

    neuron: NeuronDetail
    metrics: list[MetricAnswer]
    replayed: ReplayedAnswer


@router.get("")
def list_discovered(  # noqa: PLR0913 - a list is narrowed by these
    context: Context,
    who: Reader,
    door: Annotated[str | None, Query(max_length=16)] = None,
    gateway: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Listing[DiscoveredAnswer]:
    """Newest first. What has no place belongs to no town: a key limited to towns sees none of it."""
    before = numbers_after(cursor)
    if who.towns:
        return listing(Page(list[Discovered](), None), lambda one: _form(context, one))
    with context.database.read() as tx:
        page = discovered.page(tx, limit, None if before is None else before[0], door=door, gateway=gateway)
    return listing(page, lambda one: _form(context, one, _LISTED))


@router.get("/{number}")
def show_discovered(context: Context, who: Reader, number: RowNumber) -> DiscoveredAnswer:
    """One of them."""
    with context.database.read() as tx:
        return _form(context, _visible(tx, who, number))


@router.delete("/{number}", status_code=204, response_model=None)
def dismiss_discovered(context: Context, who: Writer, number: RowNumber) -> Response:
    """Take it off the list; when it sends again, it is there again. What waits in quarantine stays there."""
    with context.database.begin() as tx:
        discovered.forget(tx, [_visible(tx, who, number).subject])
    return Response(status_code=204)


@router.post("/{number}/adopt", status_code=201)
def adopt(context: Context, who: Writer, number: RowNumber, body: Adoption, response: Response) -> AdoptedAnswer:
    """Make it a neuron, say what its metrics mean, and store what has waited.

    Names that mean one of our observed properties by themselves become datastreams unless ``metrics`` says otherwise;
    other names need an entry in ``metrics``: a property, with the unit in which the device writes it, or null for what
    is not wanted. Names without a meaning stay discovered.
    """
    with context.database.begin() as tx:
        found = _visible(tx, who, number)
        neuron = _adopted(context, tx, who, found, body)
        subjects = [neuron.id, *(str(identity) for identity in neuron.hardware)]
        streams = datastreams.of_neurons(tx, [neuron.id])
        detail = answers.neuron_detail(neuron, streams, bindings.of_neuron(tx, neuron.id))
        names = metric_names.of_neuron(tx, neuron.id)
    response.headers["Location"] = f"/api/v1/neurons/{neuron.id}"
    return AdoptedAnswer(neuron=detail, metrics=[form(one) for one in names], replayed=replayed(context, subjects))


def _adopted(context: Context, tx: Connection, who: Principal, found: Discovered, body: Adoption) -> Neuron:
    series = [one.series() for one in body.observed_properties]
    series += [one for seen in found.names if seen.name not in body.metrics and (one := _own_series(seen))]
    more, names = series_and_names(body.metrics)
    series, now_ms = _without_doubles([*series, *more]), context.clock.now_ms()
    old = _existing(context, tx, found, body)
    if old is None:
        if body.kind is None:
            raise wrong_field("kind", "a new neuron has a kind")
        site = site_of(body.town, body.location)
        refuse_outside(who, site)
        hardware = (HardwareId.parse(found.subject),)
        gateway = body.gateway if body.gateway is not None else (found.gateway or None)
        name = body.name or found.label
        new = Neuron("", body.kind, name, gateway, site, body.attributes, hardware)
        neuron = neurons.add(tx, new, series, now_ms)
    else:
        neuron = neurons.amend(tx, old, series, now_ms)
    metric_names.write(tx, neuron.id, names)
    return neuron


def _existing(context: Context, tx: Connection, found: Discovered, body: Adoption) -> Neuron | None:
    """The neuron that it becomes a part of, with the new identity; None: a new one is to be made."""
    owner = found.subject if found.subject.startswith("nrn-") else context.directory.owner(found.subject)
    if owner is not None:
        if body.neuron not in {None, owner}:
            raise wrong_field("neuron", f"{found.subject} is {owner}")
        return neurons.get(tx, owner)
    if body.neuron is None:
        return None
    old = neurons.get(tx, body.neuron)
    return replace(old, hardware=(*old.hardware, HardwareId.parse(found.subject)))


def _own_series(seen: Seen) -> Series | None:
    observed, _, channel = seen.series.partition("/")
    unit = unit_of(observed)
    return None if unit is None else Series(observed, unit, channel)


def _without_doubles(series: list[Series]) -> list[Series]:
    return list(dict.fromkeys(series))


def _visible(tx: Connection, who: Principal, number: int) -> Discovered:
    if who.towns:
        raise NotFound(f"nothing discovered under {number}")
    return discovered.get(tx, number)


def _form(context: Context, one: Discovered, most: int | None = None) -> DiscoveredAnswer:
    names = one.names[:most]
    return DiscoveredAnswer(
        id=one.id,
        door=one.door,
        gateway=one.gateway or None,
        identity=one.subject,
        label=one.label or one.subject,
        neuron=context.directory.owner(one.subject),
        first_seen=format_time(one.first_ms),
        last_seen=format_time(one.last_ms),
        messages=one.messages,
        readings=one.readings,
        metrics=[
            SeenAnswer(
                name=seen.name,
                property=seen.series or None,
                unit=seen.unit,
                readings=seen.readings,
                value=seen.value,
                time=format_time(seen.time),
            )
            for seen in names
        ],
        metrics_more=len(one.names) - len(names),
        readings_left_out=one.names_left_out,
    )
