"""Register maps as the datasheets print them: what a number in a register stands for."""

import struct
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

Form = Literal["u16", "i16", "u32", "i32", "f32 ABCD", "f32 CDAB"]
_WORDS: Final[dict[Form, int]] = {"u16": 1, "i16": 1, "u32": 2, "i32": 2, "f32 ABCD": 2, "f32 CDAB": 2}
_RANGE: Final[dict[Form, tuple[int, int]]] = {
    "u16": (0, 0xFFFF),
    "i16": (-0x8000, 0x7FFF),
    "u32": (0, 0xFFFF_FFFF),
    "i32": (-0x8000_0000, 0x7FFF_FFFF),
}


FLOATS: Final = ("f32 ABCD", "f32 CDAB")
READ_HOLDING: Final = 3
READ_INPUT: Final = 4


class Entry(NamedTuple):
    """One line of a register map, big-endian words."""

    address: int
    observed: str
    """Property, or property/channel."""
    form: Form = "u16"
    times: int = 1
    """The register holds the value (in the vocabulary's unit) multiplied by this, rounded, and held to its range."""
    shown: Callable[[float], float] | None = None
    """For a register that repeats a value in another way; such a register is not a reading of its own."""

    @property
    def end(self) -> int:
        """The address behind it."""
        return self.address + _WORDS[self.form]

    def encode(self, value: float) -> bytes:
        """The register words on the wire."""
        shown = value if self.shown is None else self.shown(value)
        if self.form in FLOATS:
            image = struct.pack(">f", shown)
            return image if self.form == "f32 ABCD" else image[2:] + image[:2]
        low, high = _RANGE[self.form]
        number = min(high, max(low, round(shown * self.times)))
        return number.to_bytes(2 * _WORDS[self.form], "big", signed=low < 0)

    def decode(self, words: bytes) -> float:
        """The value that these words say, in the vocabulary's unit."""
        if self.form in FLOATS:
            return float(struct.unpack(">f", words if self.form == "f32 ABCD" else words[2:] + words[:2])[0])
        return int.from_bytes(words, "big", signed=self.form in ("i16", "i32")) / self.times


class RegisterMap(NamedTuple):
    """A gapless block of entries in ascending order; outside of it a device answers exception 02."""

    model: str
    """vendor/model."""
    entries: tuple[Entry, ...]
    function: int = READ_HOLDING
    """By which it is read."""

    @property
    def base(self) -> int:
        """The first address."""
        return self.entries[0].address

    @property
    def end(self) -> int:
        """The address behind the last."""
        return self.entries[-1].end

    @property
    def observed(self) -> tuple[str, ...]:
        """What can be read from it, in address order, each once."""
        return tuple(entry.observed for entry in self.entries if entry.shown is None)

    def encode(self, values: Mapping[str, float]) -> bytes:
        """The whole block on the wire."""
        return b"".join(entry.encode(values[entry.observed]) for entry in self.entries)


def beaufort(speed: float) -> float:
    """Wind force by WMO's v = 0.836 B^1.5, m/s."""
    return float(min(12, round((speed / 0.836) ** (2 / 3))))


def _eighth(direction: float) -> float:
    return round(direction / 45) % 8


WEATHER_STATION: Final = RegisterMap(
    "generic/weather-station",  # the map of DFRobot SEN0658, as louvre-box stations have it, with their rain gauge
    (
        Entry(0x01F4, "wind_speed", times=100),
        Entry(0x01F5, "wind_speed", shown=beaufort),
        Entry(0x01F6, "wind_direction", shown=_eighth),
        Entry(0x01F7, "wind_direction"),
        Entry(0x01F8, "relative_humidity", times=10),
        Entry(0x01F9, "air_temperature", "i16", times=10),
        Entry(0x01FA, "noise", times=10),
        Entry(0x01FB, "pm2_5"),
        Entry(0x01FC, "pm10"),
        Entry(0x01FD, "air_pressure"),  # printed as kPa × 10, which is hPa
        Entry(0x01FE, "illuminance", "u32"),
        Entry(0x0200, "illuminance", shown=lambda lux: lux / 100),
        Entry(0x0201, "rainfall", times=10),
    ),
)
SOIL_PROBE: Final = RegisterMap(
    "DFRobot/SEN0604",
    (
        Entry(0x0000, "soil_moisture", times=10),
        Entry(0x0001, "soil_temperature", "i16", times=10),
        Entry(0x0002, "soil_conductivity"),
        Entry(0x0003, "soil_ph", times=10),
    ),
)
NPK_PROBE: Final = RegisterMap(
    "ComWinTop/CWT-SOIL-NPKPHCTH-S",  # nutrients as whole mg/kg
    (
        Entry(0x0000, "soil_moisture", times=10),
        Entry(0x0001, "soil_temperature", "i16", times=10),
        Entry(0x0002, "soil_conductivity"),
        Entry(0x0003, "soil_ph", times=10),
        Entry(0x0004, "soil_nitrogen"),
        Entry(0x0005, "soil_phosphorus"),
        Entry(0x0006, "soil_potassium"),
    ),
)
WATER_SONDE: Final = RegisterMap(
    "generic/water-sonde",
    tuple(
        Entry(2 * index, observed, "f32 CDAB")
        for index, observed in enumerate(("water_temperature", "ph", "dissolved_oxygen", "conductivity", "turbidity"))
    ),
)
LAMP_LEVEL: Final = 0x0003
STREETLIGHT: Final = RegisterMap(
    "generic/streetlight",
    (
        Entry(0x0000, "voltage", times=10),
        Entry(0x0001, "current", times=100),
        Entry(0x0002, "active_power", times=10),
        Entry(LAMP_LEVEL, "lamp_level"),
    ),
)
GATE_OPENING: Final = 0x0000
SLUICE_GATE: Final = RegisterMap(
    "generic/sluice-gate",
    (
        Entry(GATE_OPENING, "gate_opening", times=1000),
        Entry(0x0001, "water_level/above", "i16", times=1000),
        Entry(0x0002, "water_level/below", "i16", times=1000),
        Entry(0x0003, "water_flow", "f32 ABCD"),
        Entry(0x0005, "drive_running"),
    ),
)
CABINET_METER: Final = RegisterMap(
    "generic/cabinet-meter",
    (
        *(Entry(at, f"voltage/{phase}", times=10) for at, phase in enumerate("abc")),
        *(Entry(3 + at, f"current/{phase}", times=100) for at, phase in enumerate("abc")),
        Entry(0x0006, "active_power", "i32"),
        Entry(0x0008, "power_factor", "i16", times=1000),
        Entry(0x0009, "frequency", times=100),
        Entry(0x000A, "active_energy", "u32", times=100),
    ),
    READ_INPUT,
)
REGISTER_MAPS: Final[dict[str, RegisterMap]] = {
    "weather_station": WEATHER_STATION,
    "soil_probe": SOIL_PROBE,
    "npk_probe": NPK_PROBE,
    "water_sonde": WATER_SONDE,
    "streetlight": STREETLIGHT,
    "sluice_gate": SLUICE_GATE,
    "cabinet_meter": CABINET_METER,
}
"""Kind of unit in the configuration -> its register map."""
