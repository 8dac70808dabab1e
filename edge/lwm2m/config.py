"""``[[link]] kind = "lwm2m"``: which devices may register, and what their resources measure."""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from edge.coap.limits import GuardLimits
from edge.links.named_model import Named
from edge.section import Channel, Host, LinkSection, Observed, PlacedPath, Port, Seconds, Section, Source
from firmware_adapters.lwm2m_resources import ResourceRow
from protocols.lwm2m import Path, identities, resource
from protocols.lwm2m.units import convert
from protocols.vocabulary import HardwareId, IdentityError, unit_of

_ROW_PATH: Final = re.compile(r"/?([0-9]{1,5})/([0-9]{1,5}|\*)/([0-9]{1,5})", re.ASCII)


def _row_path(text: str) -> str:
    match = _ROW_PATH.fullmatch(text)
    if match is None or any(part != "*" and int(part) > 65_534 for part in match.groups()):
        raise ValueError("expected /object/instance/resource, or /object/*/resource for all instances")
    return text


def _endpoint(text: str) -> str:
    if not 0 < len(text.encode()) <= 252 or not text.isprintable():
        raise ValueError("expected 1 to 252 bytes of printable text")
    return text


class Lwm2mRow(Section):
    """``[[link.rows]]`` or ``[[link.device.rows]]``: what one resource measures; it stands above what is built in."""

    path: Annotated[str, AfterValidator(_row_path)]
    observed: Observed
    channel: Channel = ""
    """Of instance 0; the other instances have their number as channel, or behind it."""
    unit: str = ""
    """UCUM: in which unit the device says it; none: that of the registry, or what the device's resource 5701 says."""
    factor: Annotated[float, Field(gt=0)] = 1
    divisor: Annotated[float, Field(gt=0)] = 1
    """The device's number times factor over divisor is in ``unit``."""
    writable: bool = False
    execute: bool = False
    """Set to 1, the resource is executed; there is nothing to read."""
    observe: bool = True
    """False: it is only read and written on command."""

    @property
    def place(self) -> tuple[int, int | None, int]:
        """Object, instance (None: all), resource."""
        match = _ROW_PATH.fullmatch(self.path)
        assert match is not None  # noqa: S101 - the validator has seen to it
        instance = None if match[2] == "*" else int(match[2])
        return int(match[1]), instance, int(match[3])

    @model_validator(mode="after")
    def _leads_there(self) -> Self:
        ours = unit_of(self.observed)
        if self.unit and ours is not None and convert(1.0, self.unit, self.observed) is None:
            raise ValueError(f"unit {self.unit!r} is no way to {ours}, the unit of {self.observed}")
        if self.writable and self.unit and self.unit != ours:
            raise ValueError(f"what is writable is in the property's unit, {ours or 'which is not known'}")
        if self.execute and self.writable:
            raise ValueError("expected either writable or execute")
        return self


class Lwm2mDevice(Named):
    """``[[link.device]]``: what is to be known of one device."""

    wire = "resources"

    endpoint: Annotated[str, AfterValidator(_endpoint)]
    """Its endpoint client name, as it registers."""
    neuron: Source | None = None
    """None: as the name says (``imei:...``), or ``lwm2m:<endpoint>``."""
    oscore: PlacedPath | None = None
    """Folder of its OSCORE security context: it may not register, nor be registered, without."""
    rows: tuple[Lwm2mRow, ...] = ()

    @property
    def source(self) -> str:
        return self.neuron or source_of(self.endpoint) or ""

    @property
    def model_rows(self) -> tuple[Lwm2mRow, ...]:
        """What its model says of its resources; of one that OMA does not list the unit is the property's own."""
        return tuple(
            Lwm2mRow(
                path=row.path,
                observed=row.observed,
                channel=row.channel,
                unit=row.unit or _own_unit(row),
                divisor=row.divisor,
                writable=row.writable,
            )
            for row in (self.found.model.resources if self.found else ())
        )

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if not self.source:
            raise ValueError("neuron is needed: the endpoint name cannot stand in a datastream key")
        return self


def _own_unit(row: ResourceRow) -> str:
    path = Path.parse(row.path.replace("*", "0"))
    return "" if resource(path.object_id, path.resource_id or 0) else unit_of(row.observed) or ""


def source_of(endpoint: str) -> str | None:
    """The hardware identity that an endpoint name carries, or is; None when it cannot be one."""
    known = identities(endpoint)
    if known:
        return str(known[0])
    try:
        return str(HardwareId.parse(f"lwm2m:{endpoint}"))
    except IdentityError:
        return None


class Lwm2m(LinkSection):
    """``[[link]] kind = "lwm2m"``: devices register at ``/rd``."""

    kind: Literal["lwm2m"]
    host: Host = "0.0.0.0"
    port: Port = 5683
    unknown: Literal["accept", "refuse"] = "accept"
    """What becomes of a device that is not listed."""
    max_registrations: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    """Listed devices and strangers together; each costs about 25 kB of memory. Places of listed ones are kept."""
    max_payload: Annotated[int, Field(ge=64, le=1 << 20)] = 65_536
    """Bytes of one payload, after block-wise reassembly."""
    ack_timeout_s: Annotated[float, Field(ge=0.1, le=60)] = 5.0
    """ACK_TIMEOUT of RFC 7252 §4.8 for our own requests: by NB-IoT an answer may take ten seconds."""
    min_period_s: Annotated[int, Field(ge=0, le=604_800)] | None = None
    max_period_s: Annotated[int, Field(ge=1, le=604_800)] | None = None
    """pmin and pmax of every observation; none: the device's own."""
    renew_s: Seconds = 3600.0
    """An observation that brought nothing for so long is asked for again when the device is heard."""
    idle_s: Seconds = 7200.0
    """A device of which nothing is heard for so long counts as silent; so does one whose registration ends sooner."""
    limits: GuardLimits = GuardLimits()
    rows: tuple[Lwm2mRow, ...] = ()
    """For the devices that have none of their own for a resource."""
    device: tuple[Lwm2mDevice, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.min_period_s is not None and self.max_period_s is not None and self.min_period_s > self.max_period_s:
            raise ValueError("min_period_s is above max_period_s")
        if len(self.device) > self.max_registrations:
            raise ValueError(f"max_registrations {self.max_registrations}: {len(self.device)} devices are listed")
        return self
