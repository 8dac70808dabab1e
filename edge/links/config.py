"""The ``[[link]]`` sections of the configuration: one per cable or socket, told apart by ``kind``."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from edge.links.meter_config import MeterSerial, MeterTcp
from edge.links.modbus_config import ModbusRtu, ModbusRtuTcp, ModbusTcp
from edge.links.station_config import Asking
from edge.section import Host, LinkName, Port, Seconds, Section, Source
from edge.watched import Watched
from firmware_adapters.hj212_factors import GasUnit, PmUnit
from protocols.hj212 import CrcMode
from protocols.hj212.requests import MINUTE_INTERVALS
from protocols.sl651 import Lists
from protocols.sl651.elements import elements_by_name
from protocols.sl651.stations import address
from protocols.vocabulary import ProtocolError

Interval = Literal["minute", "hour", "day"]


def _minutes(seconds: int) -> int:
    if seconds % 60 or seconds // 60 not in MINUTE_INTERVALS:
        raise ValueError(f"expected 60 times one of {', '.join(map(str, MINUTE_INTERVALS))}")
    return seconds


MinuteSeconds = Annotated[int, AfterValidator(_minutes)]


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
    pull: frozenset[Interval] = frozenset()
    """Which of them are asked for after a gap, as far back as the link's ``pull_days``."""
    minute_s: MinuteSeconds = 600
    """How long the station's minute data reach (MinInterval)."""

    @property
    def source(self) -> str:
        return self.neuron or f"mn:{self.mn}"

    @model_validator(mode="after")
    def _pulled_is_kept(self) -> Self:
        if not self.pull <= self.intervals:
            raise ValueError("pull: expected some of the intervals that are kept")
        return self


class Hj212Tcp(Asking):
    """``[[link]] kind = "hj212-tcp"``: stations dial in. A station that is not listed is let in as ``mn:<MN>``."""

    kind: Literal["hj212-tcp"]
    name: LinkName
    host: Host = "0.0.0.0"
    port: Port
    crc: CrcMode = "standard"
    max_connections: Annotated[int, Field(ge=1, le=10_000)] = 500
    idle_s: Seconds = 600.0
    """A connection that brings no valid frame for so long is closed."""
    set_clock: Literal["never", "asked", "always"] = "asked"
    """asked: when the station asks for the time (1013); always: also when its clock is off beyond the tolerance."""
    over_time_s: Annotated[float, Field(ge=1, le=99)] = 10.0
    """How long the answer to a request is waited for (OverTime)."""
    execution_s: Seconds = 60.0
    """How long its result, or the next data, are waited for."""
    retries: Annotated[int, Field(ge=0, le=99)] = 3
    """How often a request is repeated without an answer (ReCount)."""
    device: tuple[Hj212Device, ...] = ()


class Coap(Section):
    """``[[link]] kind = "coap"``: devices post SenML packs to ``/senml``."""

    kind: Literal["coap"]
    name: LinkName
    host: Host = "0.0.0.0"
    port: Port = 5683
    max_payload: Annotated[int, Field(ge=64, le=1 << 20)] = 65_536
    """Bytes of one pack, after block-wise reassembly."""


def _station(text: str) -> str:
    try:
        return address(text)
    except ProtocolError as error:
        raise ValueError(str(error)) from None


def _element(name: str) -> str:
    if name not in elements_by_name():
        raise ValueError("expected the ASCII name of an element of SL 651-2014 Table C.1")
    return name


def _step(period_s: int) -> int:
    if not (60 <= period_s < 3600 and period_s % 60 == 0) and not (3600 <= period_s <= 86_400 and period_s % 3600 == 0):
        raise ValueError("expected whole minutes below an hour, or whole hours up to a day")
    return period_s


StepSeconds = Annotated[int, AfterValidator(_step)]
"""What a time step of SL 651-2014 Table C.3 can say."""


class Sl651Device(Watched):
    """``[[link.device]]`` of an SL 651 listener: what one station does differently."""

    station: Annotated[str, AfterValidator(_station)]
    """Its address: the 10 digits of the frame, or the 12 that are printed on a non-hydrological one."""
    neuron: Source | None = None
    """None: the readings go as ``sl651:<address>`` and the cloud's registry resolves them."""
    password: Annotated[str, Field(pattern=r"^[0-9A-F]{4}$")] | None = None
    """None: the station's password is not looked at, and it is answered with its own."""
    lists: Lists = "first"
    """Which time stands in front of the lists of an hour; see docs/protocols/sl651.md."""
    period_s: StepSeconds | None = None
    """How often it reports; history is asked for in these steps. None: it is never asked for."""
    pull: tuple[Annotated[str, AfterValidator(_element)], ...] = ()
    """Of which elements history is asked; none named: of all that come in that period."""

    @property
    def source(self) -> str:
        return self.neuron or f"sl651:{self.station}"

    @property
    def cadence_s(self) -> float | None:
        return self.period_s


class _Sl651(Asking):
    name: LinkName
    host: Host = "0.0.0.0"
    port: Port
    set_clock: bool = False
    """Whether a clock that is off by more than the tolerance is set (4A)."""
    answer_s: Seconds = 30.0
    """How long an answer is waited for."""
    idle_s: Seconds = 7200.0
    """A station that sends no valid frame for so long counts as silent, and its connection is closed. Stations may keep
    one open from hour to hour."""
    device: tuple[Sl651Device, ...] = ()


class Sl651Tcp(_Sl651):
    """``[[link]] kind = "sl651-tcp"``: stations dial in. One that is not listed is let in as ``sl651:<address>``."""

    kind: Literal["sl651-tcp"]
    max_connections: Annotated[int, Field(ge=1, le=10_000)] = 500


class Sl651Udp(_Sl651):
    """``[[link]] kind = "sl651-udp"``: the same in datagrams."""

    kind: Literal["sl651-udp"]


LinkConfig = Annotated[
    ModbusTcp | ModbusRtu | ModbusRtuTcp | MeterSerial | MeterTcp | Hj212Tcp | Coap | Sl651Tcp | Sl651Udp,
    Field(discriminator="kind"),
]
