"""The island's configuration, island.toml: which devices there are, on which wires; strict, nothing is clamped."""

import json
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from protocols.hj212 import CrcRule
from protocols.vocabulary import HardwareId
from protocols.vocabulary.config_file import ConfigFile, Fault
from simulators.devices.coap_node import SENSORS, Encoding
from simulators.devices.hj212_content import FACTORY_PASSWORD, PmUnit, StationKind
from simulators.devices.meters import Kind as MeterKind
from simulators.devices.sl651_content import FACTORY_PASSWORD as SL651_PASSWORD
from simulators.devices.sl651_content import StationKind as Sl651Kind
from simulators.doubles import doubles, misfits
from simulators.environment.measured import MEASURED
from simulators.faults.config import FaultEntry
from simulators.scenarios import known_scenario

MAX_CONFIG: Final = 32 << 20
"""Bytes; a larger file is refused unread."""


def _hardware(text: str) -> str:
    HardwareId.parse(text)
    return text


def _placed(path: Path, info: ValidationInfo) -> Path:
    """A relative path counts from the folder of the configuration file."""
    base: Path = (info.context or {}).get("base", Path())
    return base / path


def _sensor(observed: str) -> str:
    if observed not in SENSORS:
        raise ValueError(f"expected one of {', '.join(sorted(SENSORS))}")
    return observed


def _replayable(observed: str) -> str:
    if observed not in MEASURED:
        raise ValueError(f"expected one of {', '.join(sorted(MEASURED))}")
    return observed


Host = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:%-]+$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,48}$")]
Seconds = Annotated[float, Field(gt=0, le=604_800)]
Hardware = Annotated[str, AfterValidator(_hardware)]
Location = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]
UnitKind = Literal[
    "weather_station", "soil_probe", "npk_probe", "water_sonde", "streetlight", "sluice_gate", "cabinet_meter"
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Device(_Section):
    name: Name
    """With the seed it decides what the device measures."""
    location: Location = (121.40, 31.63)
    """Longitude, latitude: where the sun sets for it."""


class ModbusUnit(_Device):
    """``[[modbus.unit]]``."""

    unit: Annotated[int, Field(ge=0, le=255)]
    kind: UnitKind
    hardware: Hardware


class ModbusPort(_Section):
    """``[[modbus]]``: a TCP port with the units behind it."""

    host: Host = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)]
    """0: the system chooses, and it is printed."""
    unit: Annotated[tuple[ModbusUnit, ...], Field(min_length=1, max_length=256)]

    @property
    def place(self) -> str:
        """Where it is reached."""
        return f"{self.host}:{self.port}"


class Hj212Entry(_Device):
    """``[[hj212]]``: a station that dials in to host and port."""

    kind: StationKind
    mn: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:@+~-]{1,64}$")]
    host: Host = "127.0.0.1"
    port: Port
    period_s: Seconds = 60.0
    password: Annotated[str, Field(pattern=r"^[!-:<-~]{1,16}$")] = FACTORY_PASSWORD
    crc: CrcRule = "standard"
    pm_unit: PmUnit = "ug/m3"
    wants_answer: bool = True
    answer_timeout_s: Seconds = 10.0
    clock_error_s: Annotated[float, Field(ge=-1e9, le=1e9)] = 0.0


class Sl651Entry(_Device):
    """``[[sl651]]``: a hydrological station that dials in to host and port."""

    kind: Sl651Kind
    station: Annotated[str, Field(pattern=r"^[0-9A-F]{10}$")]
    host: Host = "127.0.0.1"
    port: Port
    transport: Literal["tcp", "udp"] = "tcp"
    mode: Literal["HEX", "ASCII"] = "HEX"
    centre: Annotated[int, Field(ge=1, le=255)] = 1
    period_s: Seconds = 300.0
    password: Annotated[str, Field(pattern=r"^[0-9A-F]{4}$")] = SL651_PASSWORD
    resends: bool = True
    confirm_s: Seconds = 30.0
    keep_alive_s: Annotated[float, Field(ge=1, le=255)] | None = None
    clock_error_s: Annotated[float, Field(ge=-1e9, le=1e9)] = 0.0


class CoapEntry(_Device):
    """``[[coap]]``: a node that posts SenML to host and port."""

    hardware: Hardware
    observed: Annotated[tuple[Annotated[str, AfterValidator(_sensor)], ...], Field(min_length=1)]
    host: Host = "127.0.0.1"
    port: Port = 5683
    path: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,64}$")] = "senml"
    encoding: Encoding = "cbor"
    period_s: Seconds = 900.0
    samples_per_report: Annotated[int, Field(ge=1, le=1000)] = 1
    ack_timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0


class MeterEntry(_Device):
    """``[[meter_line.meter]]``: an electricity meter (DL/T 645), or one of water, gas or heat (CJ/T 188)."""

    kind: MeterKind
    address: Annotated[str, Field(pattern=r"^([0-9]{12}|[0-9]{14})$")]
    """12 digits of an electricity meter, 14 of the others."""
    password: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    """An electricity meter's of level 2: whoever knows it may switch the relay."""

    @model_validator(mode="after")
    def _digits(self) -> Self:
        digits = 12 if self.kind == "electricity" else 14
        if len(self.address) != digits:
            raise ValueError(f"address: expected {digits} digits for {self.kind}")
        if self.password is not None and self.kind != "electricity":
            raise ValueError("password: only electricity meters have one")
        return self


class _Line(_Section):
    host: Host = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    """0: the system chooses, and it is printed."""
    path: Annotated[str, Field(pattern=r"^/[!-~]{1,240}$")] | None = None
    """A serial port, in place of host and port."""
    baud: Annotated[int, Field(ge=50, le=4_000_000)] = 2400

    @property
    def place(self) -> str:
        """Where it is reached."""
        return self.path or f"{self.host}:{self.port}"

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.port is None) == (self.path is None):
            raise ValueError("expected either port or path")
        return self


class MeterLine(_Line):
    """``[[meter_line]]``: a TCP port as a serial server has it, or a serial port, with meters behind it."""

    meter: Annotated[tuple[MeterEntry, ...], Field(min_length=1, max_length=256)]


class ModbusLine(_Line):
    """``[[modbus_line]]``: the same with units that speak Modbus RTU."""

    baud: Annotated[int, Field(ge=50, le=4_000_000)] = 9600
    unit: Annotated[tuple[ModbusUnit, ...], Field(min_length=1, max_length=247)]


class Lwm2mEntry(_Device):
    """``[[lwm2m]]``: a lamp that registers at host and port, and sleeps between its reports."""

    endpoint: Annotated[str, Field(pattern=r"^[!-~]{1,252}$")]
    host: Host = "127.0.0.1"
    port: Port = 5683
    period_s: Seconds = 900.0
    awake_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """Real seconds."""
    lifetime_s: Annotated[int, Field(ge=1, le=0xFFFF_FFFF)] = 86_400
    ack_timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    queue_mode: bool = True
    """False: it listens all the time, as with power from the mains."""
    loss: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    """Share of the datagrams that are lost, each way."""


class CameraEntry(_Device):
    """``[[camera]]``: a network camera that shows a wetland; without user name it lets everybody in."""

    host: Host = "127.0.0.1"
    port: Port
    birds: Annotated[int, Field(ge=0, le=50)] = 3
    people: Annotated[int, Field(ge=0, le=50)] = 1
    daylight: Annotated[float, Field(ge=0, le=1)] | None = None
    """0 night to 1 noon, always; None: by the sun."""


class IslandConfig(_Section):
    """The whole file."""

    seed: Annotated[int, Field(ge=0, le=2**53)] = 1
    speed: Annotated[float, Field(gt=0, le=100_000)] = 1.0
    """Simulated seconds in one real second: series, sun and intervals run so much faster; stamps stay real."""
    replay: tuple[Annotated[str, AfterValidator(_replayable)], ...] = ()
    """Properties for which real series take the model's place."""
    truth: Annotated[Path, AfterValidator(_placed)] | None = None
    """JSON lines of all that was said are appended there; its folder must exist."""
    modbus: tuple[ModbusPort, ...] = ()
    hj212: tuple[Hj212Entry, ...] = ()
    sl651: tuple[Sl651Entry, ...] = ()
    coap: tuple[CoapEntry, ...] = ()
    modbus_line: tuple[ModbusLine, ...] = ()
    meter_line: tuple[MeterLine, ...] = ()
    lwm2m: tuple[Lwm2mEntry, ...] = ()
    camera: tuple[CameraEntry, ...] = ()
    scenario: Annotated[str, AfterValidator(known_scenario)] | None = None
    """What befalls the island from its start on (docs/scenarios.md)."""
    fault: tuple[FaultEntry, ...] = ()
    """What goes wrong with single devices, in simulated time."""

    @property
    def unit_lines(self) -> tuple[ModbusPort | ModbusLine, ...]:
        """Whatever has Modbus units behind it."""
        return (*self.modbus, *self.modbus_line)


def load(path: Path) -> IslandConfig:
    """Read and check the file.

    :raises ConfigError: one line per fault, ``file:line: key: value: what is allowed``.
    """
    file = ConfigFile.read(path, MAX_CONFIG)
    try:
        # by way of JSON, whose strict mode knows that arrays are tuples and texts are paths
        config = IslandConfig.model_validate_json(json.dumps(file.table, default=str), context={"base": path.parent})
    except ValidationError as error:
        faults = [Fault(one["loc"], one["input"], one["msg"]) for one in error.errors(include_url=False)]
        raise file.refuse(faults) from None
    if faults := [*doubles(config), *misfits(config)]:
        raise file.refuse(faults)
    return config
