"""The ``[[link]]`` sections of Modbus: over TCP, on a serial line, and as RTU frames over TCP."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edge.backoff import NETWORK_CAP_S
from edge.lines.config import SerialPortSection, SerialServerSection
from edge.links.register_map import Mapped
from edge.section import Host, LinkSection, Seconds, Source


class ModbusDevice(Mapped):
    """``[[link.device]]`` of a Modbus link."""

    neuron: Source
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    """Unit identifier; 1-247 on a serial line, often 0, 1 or 255 where the device has its own socket."""
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


class ModbusSection(LinkSection):
    """What all of them have: devices that are asked one at a time."""

    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    """For an answer; on a serial port the time that its bytes take is added."""
    retries: Annotated[int, Field(ge=0, le=10)] = 1
    device: Annotated[tuple[ModbusDevice, ...], Field(min_length=1, max_length=247)]

    @property
    def reopen_s(self) -> float:
        """A connection that is gone is tried at least so often."""
        return NETWORK_CAP_S


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


class ModbusRtu(SerialPortSection, _Rtu):
    """``[[link]] kind = "modbus-rtu"``: a serial port of the gateway."""

    kind: Literal["modbus-rtu"]
    byte_size: Literal[8] = 8


class ModbusRtuTcp(_Rtu, SerialServerSection):
    """``[[link]] kind = "modbus-rtu-tcp"``: a serial server that hands bytes on as they are."""

    kind: Literal["modbus-rtu-tcp"]
