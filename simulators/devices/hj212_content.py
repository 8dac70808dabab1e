"""What the simulated HJ 212 stations measure and how they write it (HJ 212-2017 Tables B.1-B.3; field practice)."""

from typing import Final, Literal, NamedTuple

PmUnit = Literal["ug/m3", "ng/m3"]
FACTORY_PASSWORD: Final = "123456"  # noqa: S105 - the one that the standard prints
StationKind = Literal["air", "surface_water", "noise"]


class Factor(NamedTuple):
    """One factor of a 2011 upload: written number = value (in the vocabulary's unit) * times / over."""

    code: str
    observed: str
    decimals: int
    times: int = 1
    over: int = 1

    def write(self, value: float) -> str:
        """The digits as they are sent."""
        return f"{value * self.times / self.over:.{self.decimals}f}"

    def read(self, text: str) -> float:
        """The value that these digits say, in the vocabulary's unit."""
        return float(text) * self.over / self.times


class StationType(NamedTuple):
    """A kind of station."""

    st: str
    """System code (Table 5)."""
    factors: tuple[Factor, ...]


_AIR: Final = (
    Factor("a21026", "so2", 3, over=1000),  # mg/m3 as Table B.2 has it
    Factor("a21004", "no2", 3, over=1000),
    Factor("a21005", "co", 3),
    Factor("a05024", "o3", 3, over=1000),
    Factor("a01001", "air_temperature", 1),
    Factor("a01002", "relative_humidity", 1),
    Factor("a01006", "air_pressure", 3, over=10),  # kPa
    Factor("a01007", "wind_speed", 1),
    Factor("a01008", "wind_direction", 0),
    Factor("LA", "noise", 1),
)
_SURFACE_WATER: Final = (
    Factor("w01010", "water_temperature", 1),
    Factor("w01001", "ph", 2),
    Factor("w01009", "dissolved_oxygen", 2),
    Factor("w01014", "conductivity", 1),
    Factor("w01003", "turbidity", 1),
)


def station_type(kind: StationKind, pm_unit: PmUnit = "ug/m3") -> StationType:
    """What a kind of station sends.

    :param pm_unit: of PM2.5 and PM10: Table B.2 says ng/m3, and many stations send ug/m3 under the same code.
    """
    if kind == "surface_water":
        return StationType("21", _SURFACE_WATER)
    if kind == "noise":
        return StationType("23", (Factor("LA", "noise", 1),))
    times, decimals = (1000, 3) if pm_unit == "ng/m3" else (1, 1)
    particles = (Factor("a34004", "pm2_5", decimals, times), Factor("a34002", "pm10", decimals, times))
    return StationType("22", particles + _AIR)
