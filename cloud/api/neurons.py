"""`/api/v1/neurons`, with the twins they watch."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import Connection

from cloud.api import answers
from cloud.api.answers import BindingAnswer, NeuronAnswer, NeuronDetail
from cloud.api.bodies import (
    Attributes,
    Body,
    GatewayText,
    GeoPoint,
    Hardware,
    Kind,
    Name,
    Property,
    Time,
    TownCode,
    TwinText,
    refuse_outside,
    site_of,
)
from cloud.api.context import Context
from cloud.api.filters import Selected
from cloud.api.gatekeeper import Reader, Writer
from cloud.api.paging import Cursor, Limit, Listing, RowNumber, listing, text_after
from cloud.api.problems import wrong_field
from cloud.api.times import parse_time
from cloud.registry import bindings, datastreams, neurons, twins
from cloud.registry.access import Principal
from cloud.registry.datastreams import Datastream
from cloud.registry.errors import NotFound
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Site
from protocols.vocabulary import HardwareId, TwinId

router: Final = APIRouter(prefix="/api/v1/neurons", tags=["neurons"])

Properties = Annotated[list[Property], Field(max_length=256)]
HardwareList = Annotated[list[Hardware], Field(max_length=32)]


class NewNeuron(Body):
    """A neuron to register."""

    kind: Kind
    name: Name = ""
    gateway: GatewayText | None = None
    observed_properties: Properties = Field(default_factory=list)
    hardware: HardwareList = Field(default_factory=list)
    location: GeoPoint | None = None
    town: TownCode | None = None
    attributes: Attributes = Field(default_factory=dict)


class NeuronChange(Body):
    """What is given is written anew; what is left out stays. Observed properties are added, never taken away."""

    name: Name | None = None
    gateway: GatewayText | None = None
    observed_properties: Properties = Field(default_factory=list)
    hardware: HardwareList | None = None
    location: GeoPoint | None = None
    town: TownCode | None = None
    attributes: Attributes | None = None


class NewBinding(Body):
    """Which twin the neuron watches, from when to when."""

    twin: TwinText
    from_: Annotated[Time | None, Field(alias="from", description="now when left out")] = None
    to: Time | None = None
    replaces: Annotated[str, Field(description="the neuron whose binding to the twin ends here")] | None = None


class BindingEnd(Body):
    """When the binding ended."""

    to: Time


@router.get("")
def list_neurons(
    context: Context,
    chosen: Selected,
    gateway: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Listing[NeuronAnswer]:
    """Neurons in the order of their identifiers."""
    with context.database.read() as tx:
        page = neurons.page(tx, chosen, limit, text_after(cursor), gateway=gateway)
        streams: dict[str, list[Datastream]] = {}
        for one in datastreams.of_neurons(tx, [neuron.id for neuron in page.items]):
            streams.setdefault(one.point.source, []).append(one)
    return listing(page, lambda neuron: answers.neuron(neuron, streams.get(neuron.id, [])))


@router.post("", status_code=201)
def register_neuron(context: Context, who: Writer, body: NewNeuron, response: Response) -> NeuronDetail:
    """Register a neuron; its identifier is minted, a datastream made for each observed property."""
    with context.database.begin() as tx:
        made = enter(tx, who, body, context.clock.now_ms())
        found = _detail(tx, made)
    response.headers["Location"] = f"/api/v1/neurons/{made.id}"
    return found


def enter(tx: Connection, who: Principal, body: NewNeuron, now_ms: int) -> Neuron:
    """A new neuron in the registry.

    :raises Problem: the place is not the sender's.
    :raises RegistryError: there is no such gateway, or the hardware is another neuron's.
    """
    site = site_of(body.town, body.location)
    refuse_outside(who, site)
    new = Neuron("", body.kind, body.name, body.gateway, site, body.attributes, _identities(body.hardware))
    return neurons.add(tx, new, [one.series() for one in body.observed_properties], now_ms)


@router.get("/{neuron}")
def show_neuron(context: Context, who: Reader, neuron: str) -> NeuronDetail:
    """One neuron, its datastreams and bindings."""
    with context.database.read() as tx:
        return _detail(tx, neurons.get(tx, neuron, who.towns))


@router.patch("/{neuron}")
def change_neuron(context: Context, who: Writer, neuron: str, body: NeuronChange) -> NeuronDetail:
    """Write name, gateway, place, hardware or attributes anew; add observed properties."""
    given = body.model_fields_set
    with context.database.begin() as tx:
        old = neurons.get(tx, neuron, who.towns)
        asked = site_of(body.town, body.location)
        site = Site(
            asked.place if "town" in given else old.site.place,
            *((asked.lon, asked.lat) if "location" in given else (old.site.lon, old.site.lat)),
        )
        refuse_outside(who, site)
        new = Neuron(
            old.id,
            old.kind,
            old.name if body.name is None else body.name,
            body.gateway if "gateway" in given else old.gateway,
            site,
            old.attributes if body.attributes is None else body.attributes,
            old.hardware if body.hardware is None else _identities(body.hardware),
        )
        series = [one.series() for one in body.observed_properties]
        return _detail(tx, neurons.amend(tx, new, series, context.clock.now_ms()))


@router.post("/{neuron}/bindings", status_code=201)
def bind_neuron(context: Context, who: Writer, neuron: str, body: NewBinding) -> BindingAnswer:
    """Let the neuron watch a twin; with ``replaces``, in place of another neuron."""
    from_ms = context.clock.now_ms() if body.from_ is None else parse_time(body.from_)
    to_ms = None if body.to is None else parse_time(body.to)
    with context.database.begin() as tx:
        watching = neurons.get(tx, neuron, who.towns)
        twin = TwinId.parse(body.twin)
        try:
            twins.get(tx, twin, who.towns)
        except NotFound as error:
            raise wrong_field("twin", str(error)) from None
        return answers.binding(bindings.bind(tx, watching.id, twin, from_ms, to_ms, replaces=body.replaces))


@router.patch("/{neuron}/bindings/{binding}")
def end_binding(context: Context, who: Writer, neuron: str, binding: RowNumber, body: BindingEnd) -> BindingAnswer:
    """Say when a binding ended."""
    with context.database.begin() as tx:
        watching = neurons.get(tx, neuron, who.towns)
        return answers.binding(bindings.end(tx, watching.id, binding, parse_time(body.to)))


def _identities(hardware: Sequence[Hardware]) -> tuple[HardwareId, ...]:
    return tuple(HardwareId(one.scheme, one.value) for one in hardware)


def _detail(tx: Connection, neuron: Neuron) -> NeuronDetail:
    streams = datastreams.of_neurons(tx, [neuron.id])
    return answers.neuron_detail(neuron, streams, bindings.of_neuron(tx, neuron.id))
