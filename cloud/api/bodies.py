"""What is sent to us: pieces that several bodies share, strict, unknown members refused."""

import json
from math import isfinite
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cloud.api.problems import Problem
from cloud.api.times import parse_time
from cloud.geo.towns import Place, parse_place
from cloud.registry.access import Principal
from cloud.registry.datastreams import Series
from cloud.registry.selection import ANYWHERE, Site
from protocols.vocabulary import HardwareId, Point, TwinId, parse_gateway_id, unit_of

_MOST_ATTRIBUTES: Final = 16 * 1024
_DEEPEST: Final = 8
_A_NEURON: Final = "nrn-00000000y"  # any well-formed one: to check the rest of a datastream key


class Body(BaseModel):
    """A body or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _printable(text: str) -> str:
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text):
        raise ValueError("no control characters")
    return text


def _attributes(value: dict[str, Any]) -> dict[str, Any]:
    _check_json(value, 1)
    try:
        size = len(json.dumps(value, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise ValueError("not valid Unicode") from None
    if size > _MOST_ATTRIBUTES:
        raise ValueError(f"{size} bytes of JSON: expected at most {_MOST_ATTRIBUTES}")
    return value


def _check_json(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"nested deeper than {_DEEPEST}")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("NaN and infinities are no JSON")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("an integer of more than 64 bits")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("no NUL")
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_json(member, depth + 1)
    for name in value if isinstance(value, dict) else ():
        _check_json(name, depth)


def _town(text: str) -> str:
    parse_place(text)
    return text


def _time(text: str) -> str:
    parse_time(text)
    return text


def _twin(text: str) -> str:
    TwinId.parse(text)
    return text


Name = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
TownCode = Annotated[str, AfterValidator(_town), Field(description="9 digits of a town, or 12 of a village of one")]
Time = Annotated[str, AfterValidator(_time), Field(description="RFC 3339 with a zone")]
TwinText = Annotated[str, AfterValidator(_twin)]
GatewayText = Annotated[str, AfterValidator(parse_gateway_id)]
Attributes = Annotated[dict[str, Any], AfterValidator(_attributes)]


class GeoPoint(Body):
    """A GeoJSON Point (RFC 7946), WGS84."""

    type: Literal["Point"]
    coordinates: Annotated[list[float], Field(min_length=2, max_length=2, description="longitude, latitude")]

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        lon, lat = self.coordinates
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise ValueError(f"coordinates [{lon}, {lat}]: expected longitude -180 to 180, then latitude -90 to 90")
        return self


class Hardware(Body):
    """A hardware identity."""

    scheme: Annotated[str, Field(max_length=16)]
    value: Annotated[str, Field(max_length=64)]

    @model_validator(mode="after")
    def _of_its_shape(self) -> Self:
        HardwareId(self.scheme, self.value).checked()
        return self


class Property(Body):
    """An observed property: its name (``ph`` or ``ph/2`` with a channel), or an object that also gives the unit."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"type": "string"}, {"type": "object"}]})

    name: str
    unit: Annotated[str, Field(pattern=r"^[!-~]{1,32}$", description="UCUM")] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known(self) -> Self:
        point = Point.parse(f"{_A_NEURON}/{self.name}")
        unit = unit_of(point.observed)
        if unit is None and self.unit is None:
            raise ValueError(f'unknown observed property {self.name!r}: give its unit, {{"name": ..., "unit": ...}}')
        if unit is not None and self.unit not in {None, unit}:
            raise ValueError(f"observed property {self.name!r} is in {unit}, not in {self.unit}")
        return self

    def series(self) -> Series:
        """As the registry takes it."""
        point = Point.parse(f"{_A_NEURON}/{self.name}")
        return Series(point.observed, self.unit or unit_of(point.observed) or "1", point.channel)


def site_of(town: str | None, location: GeoPoint | None) -> Site:
    """Place and coordinates of a body."""
    place: Place = ANYWHERE if town is None else parse_place(town)
    lon, lat = (None, None) if location is None else location.coordinates
    return Site(place, lon, lat)


def refuse_outside(principal: Principal, site: Site) -> None:
    """Nothing for somebody who may put something there.

    :raises Problem: 403, the place is in none of the key's towns.
    """
    if principal.towns and site.place.town not in principal.towns:
        raise Problem(403, "this key is limited to some towns, and this is none of them")
