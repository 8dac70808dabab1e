"""The ``[[link]]`` sections of the configuration: one per cable or socket, told apart by ``kind``."""

from typing import Annotated, Literal

from pydantic import Field

from edge.links.meter_config import MeterSerial, MeterTcp
from edge.links.modbus_config import ModbusRtu, ModbusRtuTcp, ModbusTcp
from edge.section import Host, LinkName, Port, Seconds, Section, Source
from edge.watched import Watched
from firmware_adapters.hj212_factors import GasUnit, PmUnit
from protocols.hj212 import CrcMode

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


LinkConfig = Annotated[
    ModbusTcp | ModbusRtu | ModbusRtuTcp | MeterSerial | MeterTcp | Hj212Tcp | Coap, Field(discriminator="kind")
]
