"""SenML units (RFC 8428 §12.1, secondary ones RFC 8798 and the IANA registry) in UCUM."""

from typing import Final

from protocols.vocabulary.scale import SAME, Scale

UNITS: Final[dict[tuple[str, str], Scale]] = {
    # temperature, humidity, pressure
    ("Cel", "Cel"): SAME,
    ("K", "Cel"): Scale(plus=-273.15),
    ("%RH", "%"): SAME,
    ("Pa", "hPa"): Scale(over=100),
    ("hPa", "hPa"): SAME,
    # shares
    ("%", "%"): SAME,
    ("/", "%"): Scale(times=100),
    ("/100", "%"): SAME,
    ("/1000", "%"): Scale(over=10),
    ("%EL", "%"): SAME,
    ("/", "1"): SAME,
    ("%", "1"): Scale(over=100),
    ("ppm", "[ppm]"): SAME,
    ("/", "[ppm]"): Scale(times=1_000_000),
    # water
    ("pH", "[pH]"): SAME,
    ("S/m", "uS/cm"): Scale(times=10_000),
    ("NTU", "[NTU]"): SAME,
    ("mg/l", "mg/L"): SAME,
    ("g/l", "mg/L"): Scale(times=1_000),
    ("/1000", "g/kg"): SAME,
    ("ug/l", "mg/L"): Scale(over=1_000),
    ("kg/m3", "mg/L"): Scale(times=1_000),
    ("ug/l", "ug/L"): SAME,
    ("mg/l", "ug/L"): Scale(times=1_000),
    ("m3/s", "m3/s"): SAME,
    ("l/s", "m3/s"): Scale(over=1_000),
    # air
    ("ug/m3", "ug/m3"): SAME,
    ("kg/m3", "ug/m3"): Scale(times=1_000_000_000),
    ("ug/m3", "mg/m3"): Scale(over=1_000),
    ("m/s", "m/s"): SAME,
    ("km/h", "m/s"): Scale(times=10, over=36),
    ("deg", "deg"): SAME,
    ("lx", "lx"): SAME,
    ("W/m2", "W/m2"): SAME,
    ("dB", "dB"): SAME,
    ("Bspl", "dB"): Scale(times=10),
    ("dBm", "dB[mW]"): SAME,
    ("dBW", "dB[mW]"): Scale(plus=30),
    # length
    ("m", "m"): SAME,
    ("mm", "m"): Scale(over=1_000),
    ("cm", "m"): Scale(over=100),
    ("km", "m"): Scale(times=1_000),
    ("mm", "mm"): SAME,
    ("cm", "mm"): Scale(times=10),
    ("m", "mm"): Scale(times=1_000),
    # electricity
    ("V", "V"): SAME,
    ("mV", "V"): Scale(over=1_000),
    ("V", "mV"): Scale(times=1_000),
    ("mV", "mV"): SAME,
    ("A", "A"): SAME,
    ("mA", "A"): Scale(over=1_000),
    ("W", "W"): SAME,
    ("kW", "W"): Scale(times=1_000),
    ("Hz", "Hz"): SAME,
    ("kWh", "kW.h"): SAME,
    ("Wh", "kW.h"): Scale(over=1_000),
    ("J", "kW.h"): Scale(over=3_600_000),
    # time
    ("h", "h"): SAME,
    ("min", "h"): Scale(over=60),
    ("s", "h"): Scale(over=3_600),
    ("EL", "h"): Scale(over=3_600),
}
"""(SenML unit, UCUM unit of protocols.vocabulary.properties) -> how one becomes the other."""


def convert(value: float, senml_unit: str, ucum: str) -> float | None:
    """The value in the UCUM unit; None when the one cannot be had from the other."""
    scale = UNITS.get((senml_unit, ucum))
    return None if scale is None else scale.of(value)


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
