"""The ``[[link]]`` sections of Modbus: over TCP, on a serial line, and as RTU frames over TCP."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from edge.lines.config import SerialPortSection, SerialServerSection
from edge.section import Host, LinkName, Seconds, Section, Source
from edge.watched import Watched
from firmware_adapters.register_model import RegisterModel
from firmware_adapters.registry import model_named
from firmware_adapters.rows import Kind, RegisterRow
from protocols.modbus import Order
from protocols.modbus.plan import Table
from protocols.vocabulary import Point


def _model(name: str) -> str:
    model_named(name)
    return name


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


class ModbusSection(Section):
    """What all of them have: devices that are asked one at a time."""

    kind: str
    name: LinkName
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    """For an answer; on a serial port the time that its bytes take is added."""
    retries: Annotated[int, Field(ge=0, le=10)] = 1
    device: Annotated[tuple[ModbusDevice, ...], Field(min_length=1, max_length=247)]


class ModbusTcp(ModbusSection):
    """``[[link]] kind = "modbus-tcp"``: one connection, one or more units behind it."""

    kind: Literal["modbus-tcp"]
    host: Host
    port: Annotated[int, Field(ge=1, le=65_535)] = 502


class _Rtu(ModbusSection):
    echo: bool | None = None
    """Whether the adapter hands back what is sent; left out: the link finds out."""

    @model_validator(mode="after")
    def _no_broadcast(self) -> Self:
        for at, device in enumerate(self.device):
            if device.unit == 0:
                raise ValueError(f"device.{at}.unit: 0: expected 1 to 247; on a serial line 0 is the broadcast")
        return self


class ModbusRtu(_Rtu, SerialPortSection):
    """``[[link]] kind = "modbus-rtu"``: a serial port of the gateway."""

    kind: Literal["modbus-rtu"]
    byte_size: Literal[8] = 8


class ModbusRtuTcp(_Rtu, SerialServerSection):
    """``[[link]] kind = "modbus-rtu-tcp"``: a serial server that hands bytes on as they are."""

    kind: Literal["modbus-rtu-tcp"]
