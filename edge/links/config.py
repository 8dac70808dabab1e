"""The ``[[link]]`` sections of the configuration: one per cable or socket, told apart by ``kind``."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from edge.cameras.config import CameraLinkConfig
from edge.section import LinkName, Seconds, Section, Source
from edge.watched import Watched
from firmware_adapters.hj212_factors import GasUnit, PmUnit
from firmware_adapters.register_model import RegisterModel
from firmware_adapters.registry import model_named
from firmware_adapters.rows import Kind, RegisterRow
from protocols.hj212 import CrcMode
from protocols.modbus import Order
from protocols.modbus.plan import Table
from protocols.vocabulary import Point


def _model(name: str) -> str:
    model_named(name)
    return name


Port = Annotated[int, Field(ge=0, le=65_535)]
Host = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:%-]+$")]


class Row(Section):
    """``[[link.device.rows]]``: one line of a register map (firmware_adapters.rows.RegisterRow)."""

    observed: str
    address: int
    kind: Kind = "u16"
    order: Order = "ABCD"
    divisor: int = 1
    table: Table = "holding"
    invalid: frozenset[int] = frozenset()
    channel: str = ""
    unit: str = ""
    low_bit: int = 0
    width: int = 0
    writable: bool = False

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        Point("serial:0", self.observed, self.channel).checked()
        self.register_row()
        return self

    def register_row(self) -> RegisterRow:
        """As the poller takes it."""
        return RegisterRow(**dict(self))


class ModbusDevice(Watched):
    """``[[link.device]]`` of a Modbus link."""

    neuron: Source
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    """Unit identifier; 1-247 on a serial line, often 0, 1 or 255 where the device has its own socket."""
    model: Annotated[str, AfterValidator(_model)] | None = None
    """``vendor/model`` out of firmware_adapters.registry; or ``rows``."""
    rows: tuple[Row, ...] = ()
    period_s: Seconds = 60.0
    gap: Annotated[int, Field(ge=0, le=123)] | None = None
    """How many unwanted registers a request may read over; none: the model's own."""
    registers_per_request: Annotated[int, Field(ge=4, le=125)] = 125

    @property
    def source(self) -> str:
        return self.neuron

    @property
    def cadence_s(self) -> float:
        return self.period_s

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        if (self.model is None) == (not self.rows):
            raise ValueError("expected either model or rows")
        if self.rows:
            self.register_model()
        return self

    def register_model(self) -> RegisterModel:
        """The model that was named, or the one that the rows make."""
        if self.model is not None:
            return model_named(self.model)
        return RegisterModel("configured", self.neuron, "", "gateway.toml", tuple(r.register_row() for r in self.rows))


class ModbusTcp(Section):
    """``[[link]] kind = "modbus-tcp"``: one connection, one question at a time, one or more units behind it."""

    kind: Literal["modbus-tcp"]
    name: LinkName
    host: Host
    port: Annotated[int, Field(ge=1, le=65_535)] = 502
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    retries: Annotated[int, Field(ge=0, le=10)] = 1
    device: Annotated[tuple[ModbusDevice, ...], Field(min_length=1, max_length=247)]


Interval = Literal["minute", "hour", "day"]


class Hj212Device(Watched):
    """``[[link.device]]`` of an HJ 212 listener: what one station does differently."""

    mn: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:@+~-]{1,64}$")]
    neuron: Source | None = None
    """None: the readings go as ``mn:<MN>`` and the cloud's registry resolves them."""
    password: str | None = None
    """None: the station's PW is not looked at."""
    crc: CrcMode | None = None
    """None: as the link."""
    pm_unit: PmUnit = "ug/m3"
    gas_unit: GasUnit = "mg/m3"
    intervals: frozenset[Interval] = frozenset({"minute", "hour", "day"})
    """Which interval means (2051, 2061, 2031) are readings too, on channels ``minute``, ``hour``, ``day``; what is
    left out is acknowledged and not kept, so it is left out only where the configuration says so."""

    @property
    def source(self) -> str:
        return self.neuron or f"mn:{self.mn}"


class Hj212Tcp(Section):
    """``[[link]] kind = "hj212-tcp"``: stations dial in. A station that is not listed is let in as ``mn:<MN>``."""

    kind: Literal["hj212-tcp"]
    name: LinkName
    host: Host = "0.0.0.0"
    port: Port
    crc: CrcMode = "standard"
    max_connections: Annotated[int, Field(ge=1, le=10_000)] = 500
    idle_s: Seconds = 600.0
    """A connection that brings no valid frame for so long is closed."""
    device: tuple[Hj212Device, ...] = ()


class Coap(Section):
    """``[[link]] kind = "coap"``: devices post SenML packs to ``/senml``."""

    kind: Literal["coap"]
    name: LinkName
    host: Host = "0.0.0.0"
    port: Port = 5683
    max_payload: Annotated[int, Field(ge=64, le=1 << 20)] = 65_536
    """Bytes of one pack, after block-wise reassembly."""


LinkConfig = Annotated[ModbusTcp | Hj212Tcp | Coap | CameraLinkConfig, Field(discriminator="kind")]
