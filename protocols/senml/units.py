"""SenML units (RFC 8428 §12.1, secondary ones RFC 8798 and the IANA registry) in UCUM."""

from typing import Final, NamedTuple


class _Scale(NamedTuple):
    """ucum value = (SenML value * times + plus) / over; integers, so that 214 / 10 stays 21.4."""

    times: int = 1
    over: int = 1
    plus: float = 0


_SAME: Final = _Scale()

UNITS: Final[dict[tuple[str, str], _Scale]] = {
    # temperature, humidity, pressure
    ("Cel", "Cel"): _SAME,
    ("K", "Cel"): _Scale(plus=-273.15),
    ("%RH", "%"): _SAME,
    ("Pa", "hPa"): _Scale(over=100),
    ("hPa", "hPa"): _SAME,
    # shares
    ("%", "%"): _SAME,
    ("/", "%"): _Scale(times=100),
    ("/100", "%"): _SAME,
    ("/1000", "%"): _Scale(over=10),
    ("%EL", "%"): _SAME,
    ("/", "1"): _SAME,
    ("%", "1"): _Scale(over=100),
    ("ppm", "[ppm]"): _SAME,
    ("/", "[ppm]"): _Scale(times=1_000_000),
    # water
    ("pH", "[pH]"): _SAME,
    ("S/m", "uS/cm"): _Scale(times=10_000),
    ("NTU", "[NTU]"): _SAME,
    ("mg/l", "mg/L"): _SAME,
    ("g/l", "mg/L"): _Scale(times=1_000),
    ("/1000", "g/kg"): _SAME,
    ("ug/l", "mg/L"): _Scale(over=1_000),
    ("kg/m3", "mg/L"): _Scale(times=1_000),
    ("ug/l", "ug/L"): _SAME,
    ("mg/l", "ug/L"): _Scale(times=1_000),
    ("m3/s", "m3/s"): _SAME,
    ("l/s", "m3/s"): _Scale(over=1_000),
    # air
    ("ug/m3", "ug/m3"): _SAME,
    ("kg/m3", "ug/m3"): _Scale(times=1_000_000_000),
    ("ug/m3", "mg/m3"): _Scale(over=1_000),
    ("m/s", "m/s"): _SAME,
    ("km/h", "m/s"): _Scale(times=10, over=36),
    ("deg", "deg"): _SAME,
    ("lx", "lx"): _SAME,
    ("W/m2", "W/m2"): _SAME,
    ("dB", "dB"): _SAME,
    ("Bspl", "dB"): _Scale(times=10),
    ("dBm", "dB[mW]"): _SAME,
    ("dBW", "dB[mW]"): _Scale(plus=30),
    # length
    ("m", "m"): _SAME,
    ("mm", "m"): _Scale(over=1_000),
    ("cm", "m"): _Scale(over=100),
    ("km", "m"): _Scale(times=1_000),
    ("mm", "mm"): _SAME,
    ("cm", "mm"): _Scale(times=10),
    ("m", "mm"): _Scale(times=1_000),
    # electricity
    ("V", "V"): _SAME,
    ("mV", "V"): _Scale(over=1_000),
    ("V", "mV"): _Scale(times=1_000),
    ("mV", "mV"): _SAME,
    ("A", "A"): _SAME,
    ("mA", "A"): _Scale(over=1_000),
    ("W", "W"): _SAME,
    ("kW", "W"): _Scale(times=1_000),
    ("Hz", "Hz"): _SAME,
    ("kWh", "kW.h"): _SAME,
    ("Wh", "kW.h"): _Scale(over=1_000),
    ("J", "kW.h"): _Scale(over=3_600_000),
    # time
    ("h", "h"): _SAME,
    ("min", "h"): _Scale(over=60),
    ("s", "h"): _Scale(over=3_600),
    ("EL", "h"): _Scale(over=3_600),
}
"""(SenML unit, UCUM unit of protocols.vocabulary.properties) -> how one becomes the other."""


def convert(value: float, senml_unit: str, ucum: str) -> float | None:
    """The value in the UCUM unit; None when the one cannot be had from the other."""
    scale = UNITS.get((senml_unit, ucum))
    return None if scale is None else (value * scale.times + scale.plus) / scale.over


_ALIKE: Final = (
    "m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 m/s m/s2 m3/s W/m2 cd/m2 "
    "bit bit/s dB % S/m J/m kg/m3 deg ms min h MHz kW Mbit/s mV mA ug/m3 mm/h m/h hPa mm cm km km/h"
)
UCUM: Final[dict[str, str]] = {
    **{unit: unit for unit in _ALIKE.split()},
    **dict.fromkeys(("count", "beats", "/"), "1"),
    **dict.fromkeys(("%RH", "%EL", "/100"), "%"),
    **dict.fromkeys(("1/min", "beat/min"), "/min"),
    **dict.fromkeys(("lat", "lon"), "deg"),
    "1/s": "/s",
    "EL": "s",
    "l": "L",
    "l/s": "L/s",
    "g/l": "g/L",
    "mg/l": "mg/L",
    "ug/l": "ug/L",
    "pH": "[pH]",
    "NTU": "[NTU]",
    "ppm": "[ppm]",
    "/1000": "[ppth]",
    "dBW": "dB[W]",
    "dBm": "dB[mW]",
    "Bspl": "B[SPL]",
    "B": "By",
    "KiB": "KiBy",
    "GB": "GBy",
    "B/s": "By/s",
    "MB/s": "MBy/s",
    "VA": "V.A",
    "kVA": "kV.A",
    "VAs": "V.A.s",
    "kVAh": "kV.A.h",
    "Ah": "A.h",
    "Wh": "W.h",
    "kWh": "kW.h",
    "Wh/km": "W.h/km",
}
"""SenML's name of a unit -> its UCUM code; dB[mW] and [NTU] are written as the vocabulary writes them.

All of RFC 8428 §12.1 and RFC 8798 but the reactive ones (var, vars, kvar, varh, kvarh), for which UCUM has no code; and
of the later ones those for water.
"""
