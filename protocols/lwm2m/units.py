"""From the units of objects to those of observed properties, and from what devices write into Sensor Units to UCUM."""

from typing import Final

from protocols.vocabulary.properties import unit_of
from protocols.vocabulary.scale import SAME, Scale

_SCALES: Final[dict[tuple[str, str], Scale]] = {
    ("K", "Cel"): Scale(plus=-273.15),
    ("[degF]", "Cel"): Scale(times=5, over=9, plus=-160),
    ("Pa", "hPa"): Scale(over=100),
    ("kPa", "hPa"): Scale(times=10),
    ("bar", "hPa"): Scale(times=1_000),
    ("V", "mV"): Scale(times=1_000),
    ("mV", "V"): Scale(over=1_000),
    ("mA", "A"): Scale(over=1_000),
    ("kW", "W"): Scale(times=1_000),
    ("W.h", "kW.h"): Scale(over=1_000),
    ("J", "kW.h"): Scale(over=3_600_000),
    ("S/m", "uS/cm"): Scale(times=10_000),
    ("mS/cm", "uS/cm"): Scale(times=1_000),
    ("g/L", "mg/L"): Scale(times=1_000),
    ("ug/L", "mg/L"): Scale(over=1_000),
    ("[ppth]", "g/kg"): SAME,
    ("mg/m3", "ug/m3"): Scale(times=1_000),
    ("ug/m3", "mg/m3"): Scale(over=1_000),
    ("[ppb]", "[ppm]"): Scale(over=1_000),
    ("cm", "m"): Scale(over=100),
    ("mm", "m"): Scale(over=1_000),
    ("s", "h"): Scale(over=3_600),
    ("min", "h"): Scale(over=60),
    ("1", "%"): Scale(times=100),
    ("%", "1"): Scale(over=100),
}
"""(unit, unit of the property) -> how one becomes the other, whatever is measured."""

_GASES: Final[dict[str, Scale]] = {
    "so2": Scale(64_060_000, 24_465),
    "no2": Scale(46_010_000, 24_465),
    "no": Scale(30_010_000, 24_465),
    "o3": Scale(48_000_000, 24_465),
    "co": Scale(28_010, 24_465),
}
"""ppm of a gas to the property's ug/m3 or, for co, mg/m3: molar mass over 24.465 L/mol (25 Cel, 1013.25 hPa)."""

_WRITTEN: Final[dict[str, tuple[str, ...]]] = {
    "Cel": ("cel", "c", "°c", "℃", "degc", "celsius", "celsiusdegrees", "degreescelsius", "degreecelsius"),
    "K": ("k", "kelvin"),
    "[degF]": ("f", "°f", "℉", "degf", "fahrenheit"),
    "%": ("%", "%rh", "rh", "/100", "percent", "%el"),
    "lx": ("lx", "lux"),
    "Pa": ("pa", "pascal"),
    "hPa": ("hpa", "mbar", "hectopascal"),
    "kPa": ("kpa",),
    "bar": ("bar",),
    "V": ("v", "volt", "volts"),
    "mV": ("mv",),
    "A": ("a", "amp", "ampere", "amps"),
    "mA": ("ma",),
    "W": ("w", "watt", "watts"),
    "kW": ("kw",),
    "W.h": ("wh",),
    "kW.h": ("kwh",),
    "J": ("j",),
    "Hz": ("hz", "hertz"),
    "dB": ("db", "dba", "db(a)"),
    "[pH]": ("ph",),
    "S/m": ("s/m",),
    "uS/cm": ("us/cm", "µs/cm", "μs/cm"),
    "mS/cm": ("ms/cm",),
    "mg/L": ("mg/l",),
    "ug/m3": ("ug/m3", "µg/m3", "μg/m3", "µg/m³", "μg/m³", "ug/m³"),
    "mg/m3": ("mg/m3", "mg/m³"),
    "[ppm]": ("ppm",),
    "[ppb]": ("ppb",),
    "[NTU]": ("ntu",),
    "m": ("m", "meter", "metre", "meters"),
    "cm": ("cm",),
    "mm": ("mm",),
    "m/s": ("m/s",),
    "deg": ("deg", "°"),
}
_UCUM: Final = {text.casefold(): unit for unit, texts in _WRITTEN.items() for text in texts}


def ucum_of(sensor_units: str) -> str | None:
    """The UCUM unit of a text that a device has in resource 5701; None for one that nobody has met."""
    return _UCUM.get("".join(sensor_units.split()).casefold())


def convert(value: float, unit: str, observed: str) -> float | None:
    """The value in the unit of the observed property; None when that cannot be had from the unit.

    Gases in ppm and ppb become mass concentrations at 25 Cel and 1013.25 hPa. Dissolved matter in ppm is taken as
    mg/L, as for water of 1 kg/L.
    """
    ours = unit_of(observed)
    if ours == unit:
        return value
    if unit == "[ppb]" and observed in _GASES:
        value, unit = value / 1_000, "[ppm]"
    if unit == "[ppm]" and observed in _GASES:
        return _GASES[observed].of(value)
    if (unit, ours) == ("[ppm]", "mg/L"):
        return value
    scale = _SCALES.get((unit, ours or ""))
    return None if scale is None else scale.of(value)
