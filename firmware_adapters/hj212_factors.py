"""What the factor codes of HJ 212-2017 Tables B.1-B.3 (and of HJ/T 212-2005) mean in our vocabulary."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from firmware_adapters.rows import ratio_between

PmUnit = Literal["ng/m3", "ug/m3", "mg/m3"]
GasUnit = Literal["ug/m3", "mg/m3"]

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}|[0-9][A-Za-z0-9_]{0,31}", re.ASCII)
_PM: Final = "particles"
_GAS: Final = "gas"

_ROWS: Final[dict[str, tuple[str, str, str]]] = {
    # code: (observed property, the code's unit ("" when it is ours; particles, gas: set per device), channel)
    # Table B.1, water
    "w00000": ("water_flow", "L/s", ""),
    "w01001": ("ph", "", ""),
    "w01003": ("turbidity", "", ""),  # not in Table B.1; surface-water stations send it in NTU
    "w01009": ("dissolved_oxygen", "", ""),
    "w01010": ("water_temperature", "", ""),
    "w01012": ("suspended_solids", "", ""),
    "w01014": ("conductivity", "", ""),
    "w01017": ("bod5", "", ""),
    "w01018": ("cod", "", ""),
    "w01019": ("cod_mn", "", ""),
    "w01020": ("toc", "", ""),
    "w21001": ("total_nitrogen", "", ""),
    "w21003": ("ammonia_nitrogen", "", ""),
    "w21011": ("total_phosphorus", "", ""),
    # Table B.2, ambient air (stack codes such as a01012 or a34013 are another thing and stay unknown)
    "a01001": ("air_temperature", "", ""),
    "a01002": ("relative_humidity", "", ""),
    "a01006": ("air_pressure", "kPa", ""),
    "a01007": ("wind_speed", "", ""),
    "a01008": ("wind_direction", "", ""),
    "a05024": ("o3", _GAS, ""),  # not in Table B.2; field practice
    "a21003": ("no", _GAS, ""),
    "a21004": ("no2", _GAS, ""),
    "a21005": ("co", "mg/m3", ""),
    "a21026": ("so2", _GAS, ""),
    "a34001": ("tsp", _PM, ""),
    "a34002": ("pm10", _PM, ""),
    "a34004": ("pm2_5", _PM, ""),
    "a34005": ("pm1", _PM, ""),
    # Table B.3, noise
    "LA": ("noise", "", ""),
    "L5": ("noise", "", "l5"),
    "L10": ("noise", "", "l10"),
    "L50": ("noise", "", "l50"),
    "L90": ("noise", "", "l90"),
    "L95": ("noise", "", "l95"),
    "Leq": ("noise", "", "leq"),
    "Ldn": ("noise", "", "ldn"),
    "Ld": ("noise", "", "ld"),
    "Ln": ("noise", "", "ln"),
    "LMx": ("noise", "", "max"),
    "LMn": ("noise", "", "min"),
    # HJ/T 212-2005
    "B01": ("water_flow", "L/s", ""),
    "001": ("ph", "", ""),
    "003": ("suspended_solids", "", ""),
    "010": ("bod5", "", ""),
    "011": ("cod", "", ""),
    "015": ("toc", "", ""),
    "060": ("ammonia_nitrogen", "", ""),
    "065": ("total_nitrogen", "", ""),
    "101": ("total_phosphorus", "", ""),
    "a50001": ("noise", "", ""),  # dust and noise controllers of 2016-2017
}


@dataclass(frozen=True, slots=True)
class Factor:
    """What one factor code means on one device: value = number * numerator / denominator."""

    observed: str
    channel: str
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class FactorRow:
    """What a device model means by one code, where Tables B.1 to B.3 say something else, or nothing.

    :raises ValueError: the code is none, or there is no exact way from the unit to the observed property's.
    """

    code: str
    observed: str
    channel: str = ""
    unit: str = ""
    """UCUM; empty: the observed property's."""
    source: str = ""
    """Where this row is from, if not from the model's manual."""

    def __post_init__(self) -> None:
        if _CODE.fullmatch(self.code) is None:
            raise ValueError(f"{self.code!r}: expected a factor code: letters and digits, at most 33")
        if ratio_between(self.unit, self.observed) is None:
            raise ValueError(f"{self.code}: no exact way from {self.unit!r} to the unit of {self.observed}")

    @property
    def factor(self) -> Factor:
        """As the table has it."""
        return Factor(self.observed, self.channel, *(ratio_between(self.unit, self.observed) or (1, 1)))


class FactorTable:
    """The factor codes as one device uses them.

    Two units are the device's own choice, because Table B.2 and the field disagree: particles (the table says ng/m3;
    frames carry 75600.000 and 23.0 for the same code) and gases (the table says mg/m3). The defaults are those whose
    mistake shows: a station that means the other unit then fails the gross-range test instead of looking clean.

    :param pm_unit: unit of TSP, PM10, PM2.5, PM1.
    :param gas_unit: unit of SO2, NO2, NO, O3 (CO is mg/m3 everywhere).
    :param rows: what its model means otherwise.
    """

    def __init__(
        self, pm_unit: PmUnit = "ug/m3", gas_unit: GasUnit = "mg/m3", rows: tuple[FactorRow, ...] = ()
    ) -> None:
        own = {_PM: pm_unit, _GAS: gas_unit}
        self._known = {
            code: Factor(observed, channel, *(ratio_between(own.get(unit, unit), observed) or (1, 1)))
            for code, (observed, unit, channel) in _ROWS.items()
        } | {row.code: row.factor for row in rows}

    def __getitem__(self, code: str) -> Factor | None:
        """The meaning of a code; an unlisted one is carried as ``hj212_<code>``; None when no name can hold it."""
        known = self._known.get(code)
        if known is not None:
            return known
        if _CODE.fullmatch(code) is None:
            return None
        return Factor(f"hj212_{code.lower()}", "", 1, 1)
