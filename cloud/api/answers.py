"""What we send: the registry's nouns as JSON."""

from typing import Any

from pydantic import BaseModel

from cloud.api.times import format_time
from cloud.registry.bindings import Binding
from cloud.registry.datastreams import Datastream
from cloud.registry.gateways import Gateway
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Site
from cloud.registry.twins import Twin


class PointAnswer(BaseModel):
    """A GeoJSON Point."""

    type: str = "Point"
    coordinates: tuple[float, float]
    """Longitude, latitude; WGS84."""


class BindingAnswer(BaseModel):
    """Which neuron watches which twin, from when to when."""

    id: int
    neuron: str
    twin: str
    from_: str
    to: str | None

    model_config = {"serialize_by_alias": True, "alias_generator": lambda name: name.rstrip("_")}


class TwinAnswer(BaseModel):
    """One physical object."""

    id: str
    code: str
    kind: str
    name: str
    town: str | None
    location: PointAnswer | None
    attributes: dict[str, Any]
    created: str
    updated: str


class TwinDetail(TwinAnswer):
    """With the neurons that watch or watched it."""

    bindings: list[BindingAnswer]


class DatastreamAnswer(BaseModel):
    """One time series."""

    key: str
    neuron: str
    property: str
    channel: str | None
    unit: str


class PlacedDatastream(DatastreamAnswer):
    """With what its neuron lends it."""

    kind: str
    gateway: str | None
    town: str | None
    location: PointAnswer | None


class HardwareAnswer(BaseModel):
    """A hardware identity."""

    scheme: str
    value: str


class NeuronAnswer(BaseModel):
    """One sensing node."""

    id: str
    kind: str
    name: str
    gateway: str | None
    town: str | None
    location: PointAnswer | None
    attributes: dict[str, Any]
    hardware: list[HardwareAnswer]
    datastreams: list[DatastreamAnswer]
    created: str
    updated: str


class NeuronDetail(NeuronAnswer):
    """With the twins that it watches or watched."""

    bindings: list[BindingAnswer]


class GatewayAnswer(BaseModel):
    """A gateway; nothing of its secrets."""

    id: str
    name: str
    key_id: int | None
    """Which of its HMAC keys is the current one; null: it has no credentials yet."""
    previous_key_until: str | None
    status: dict[str, Any] | None
    last_seen: str | None
    created: str


def location(site: Site) -> PointAnswer | None:
    """Where something stands; None when unknown."""
    return None if site.lon is None or site.lat is None else PointAnswer(coordinates=(site.lon, site.lat))


def binding(one: Binding) -> BindingAnswer:
    """As it goes out."""
    to = None if one.to_ms is None else format_time(one.to_ms)
    return BindingAnswer.model_validate(
        {"id": one.id, "neuron": one.neuron, "twin": str(one.twin), "from": format_time(one.from_ms), "to": to}
    )


def twin(one: Twin) -> TwinAnswer:
    """As it goes out in a list."""
    return TwinAnswer(**_twin(one))


def twin_detail(one: Twin, bindings: list[Binding]) -> TwinDetail:
    """As it goes out alone."""
    return TwinDetail(**_twin(one), bindings=[binding(each) for each in bindings])


def neuron(one: Neuron, datastreams: list[Datastream]) -> NeuronAnswer:
    """As it goes out in a list."""
    return NeuronAnswer(**_neuron(one, datastreams))


def neuron_detail(one: Neuron, datastreams: list[Datastream], bindings: list[Binding]) -> NeuronDetail:
    """As it goes out alone."""
    return NeuronDetail(**_neuron(one, datastreams), bindings=[binding(each) for each in bindings])


def datastream(one: Datastream) -> PlacedDatastream:
    """As it goes out in a list of datastreams."""
    return PlacedDatastream(
        **_datastream(one).model_dump(),
        kind=one.kind,
        gateway=one.gateway,
        town=one.site.place.code,
        location=location(one.site),
    )


def gateway(one: Gateway) -> GatewayAnswer:
    """As it goes out."""
    return GatewayAnswer(
        id=one.id,
        name=one.name,
        key_id=one.credential_version or None,
        previous_key_until=None if one.overlap_until_ms is None else format_time(one.overlap_until_ms),
        status=one.status,
        last_seen=None if one.last_seen_ms is None else format_time(one.last_seen_ms),
        created=format_time(one.created_ms),
    )


def _datastream(one: Datastream) -> DatastreamAnswer:
    point = one.point
    return DatastreamAnswer(
        key=str(point), neuron=point.source, property=point.observed, channel=point.channel or None, unit=one.unit
    )


def _twin(one: Twin) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "code": one.id.code,
        "kind": one.kind,
        "name": one.name,
        "town": one.site.place.code,
        "location": location(one.site),
        "attributes": one.attributes,
        "created": format_time(one.created_ms),
        "updated": format_time(one.updated_ms),
    }


def _neuron(one: Neuron, datastreams: list[Datastream]) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "gateway": one.gateway,
        "town": one.site.place.code,
        "location": location(one.site),
        "attributes": one.attributes,
        "hardware": [HardwareAnswer(scheme=scheme, value=value) for scheme, value in one.hardware],
        "datastreams": [_datastream(each) for each in datastreams],
        "created": format_time(one.created_ms),
        "updated": format_time(one.updated_ms),
    }
