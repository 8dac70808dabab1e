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
}
"""(SenML unit, UCUM unit of protocols.vocabulary.properties) -> how one becomes the other."""


def convert(value: float, senml_unit: str, ucum: str) -> float | None:
    """The value in the UCUM unit; None when the one cannot be had from the other."""
    scale = UNITS.get((senml_unit, ucum))
    return None if scale is None else (value * scale.times + scale.plus) / scale.over
