"""The ``[[link]]`` sections of ways to stations that speak HJ 212."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from edge.lines.config import SerialPortSection, SerialServerSection
from edge.links.station_config import Asking
from edge.section import Host, Port, Seconds, Source
from edge.watched import Watched
from firmware_adapters.hj212_factors import FactorTable, GasUnit, PmUnit
from firmware_adapters.registry import MODELS
from protocols.hj212 import CrcMode
from protocols.hj212.requests import MINUTE_INTERVALS

Interval = Literal["minute", "hour", "day"]


def _minutes(seconds: int) -> int:
    if seconds % 60 or seconds // 60 not in MINUTE_INTERVALS:
        raise ValueError(f"expected 60 times one of {', '.join(map(str, MINUTE_INTERVALS))}")
    return seconds


MinuteSeconds = Annotated[int, AfterValidator(_minutes)]


def _factor_model(name: str) -> str:
    known = {one for one, versions in MODELS.items() if versions[-1].factors}
    if name not in known:
        raise ValueError(f"expected one of {', '.join(sorted(known)) or 'none: no model has factors of its own yet'}")
    return name


class Hj212Device(Watched):
    """``[[link.device]]`` of an HJ 212 listener: what one station does differently."""

    mn: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:@+~-]{1,64}$")]
    neuron: Source | None = None
    """None: the readings go as ``mn:<MN>`` and the cloud's registry resolves them."""
    password: str | None = None
    """None: the station's PW is not looked at."""
    crc: CrcMode | None = None
    """None: as the link."""
    model: Annotated[str, AfterValidator(_factor_model)] | None = None
    """``vendor/model`` out of firmware_adapters.registry: what its codes mean otherwise than in the standard."""
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

    def factor_table(self) -> FactorTable:
        """What its codes mean; a station does not tell its firmware: the newest rows hold."""
        rows = MODELS.found(self.model, unlisted="nearest").model.factors if self.model else ()
        return FactorTable(self.pm_unit, self.gas_unit, rows)

    @model_validator(mode="after")
    def _pulled_is_kept(self) -> Self:
        if not self.pull <= self.intervals:
            raise ValueError("pull: expected some of the intervals that are kept")
        return self


class Hj212Section(Asking):
    """What all ways to HJ 212 stations have in common. A station that is not listed is let in as ``mn:<MN>``."""

    crc: CrcMode = "standard"
    idle_s: Seconds = 600.0
    """Stations that send no valid frame for so long count as silent; a TCP connection is closed."""
    set_clock: Literal["never", "asked", "always"] = "asked"
    """asked: when the station asks for the time (1013); always: also when its clock is off beyond the tolerance."""
    over_time_s: Annotated[float, Field(ge=1, le=99)] = 10.0
    """How long the answer to a request is waited for (OverTime)."""
    execution_s: Seconds = 60.0
    """How long its result, or the next data, are waited for."""
    retries: Annotated[int, Field(ge=0, le=99)] = 3
    """How often a request is repeated without an answer (ReCount)."""
    device: tuple[Hj212Device, ...] = ()


class Hj212Tcp(Hj212Section):
    """``[[link]] kind = "hj212-tcp"``: stations dial in."""

    kind: Literal["hj212-tcp"]
    host: Host = "0.0.0.0"
    port: Port
    max_connections: Annotated[int, Field(ge=1, le=10_000)] = 500


class Hj212Serial(Hj212Section, SerialPortSection):
    """``[[link]] kind = "hj212-serial"``: a serial port of the gateway, RS-232 or RS-485, with one station or more."""

    kind: Literal["hj212-serial"]


class Hj212SerialTcp(Hj212Section, SerialServerSection):
    """``[[link]] kind = "hj212-serial-tcp"``: the same behind a serial server that we dial."""

    kind: Literal["hj212-serial-tcp"]
