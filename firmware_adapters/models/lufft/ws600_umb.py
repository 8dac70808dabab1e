"""Lufft WS600-UMB (the WS family shares the map); what a type does not measure reads 7FFF or FFFF.

Register number 1 of the manual is address 0. Rain is a total since the last reset.
"""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_NONE: Final = frozenset({0x7FFF})
_NO_COUNT: Final = frozenset({0xFFFF})

MODEL: Final = DeviceModel(
    vendor="Lufft",
    model="WS600-UMB",
    what="weather sensor: humidity, pressure, wind, radiation, temperature, dew point, rain; Modbus RTU",
    use="weather",
    manual="Lufft WS-UMB operating manual, 19.7.3.4 function 0x04 (18.7.2.3 in older editions)",
    sources=(
        "easymanua.ls, Lufft WS501-UMB, p. 92 and WS700-UMB, p. 121 (marks, blocks)",
        "public source code (a simulator of the WS501: addresses, factors)",
    ),
    registers=(
        RegisterRow("relative_humidity", 10, "s16", divisor=10, table="input", invalid=_NONE),
        RegisterRow("air_pressure", 14, "s16", divisor=10, table="input", invalid=_NONE),
        RegisterRow("wind_direction", 18, "s16", divisor=10, table="input", invalid=_NONE),
        RegisterRow("solar_radiation", 27, "s16", divisor=10, table="input", invalid=_NONE),
        RegisterRow("air_temperature", 31, "s16", divisor=10, table="input", invalid=_NONE),
        RegisterRow("dew_point", 35, "s16", divisor=10, table="input", invalid=_NONE),
        RegisterRow("wind_speed", 42, "s16", divisor=10, table="input", invalid=_NONE),
        RegisterRow("rainfall", 48, divisor=100, table="input", invalid=_NO_COUNT, channel="total"),
        RegisterRow("rain_intensity", 50, divisor=100, table="input", invalid=_NO_COUNT),
    ),
    golden=(
        Golden(
            {
                "relative_humidity": 59.0,
                "air_pressure": 1023.0,
                "wind_direction": 60.0,
                "solar_radiation": 251.5,
                "air_temperature": -16.0,
                "dew_point": -22.1,
                "wind_speed": 3.6,
                "rainfall/total": 12.34,
                "rain_intensity": 1.5,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                (
                    "024E00000000000027F600000000000002580000000000000000000000000000000009D3000000000000FF60"
                    "000000000000FF2300000000000000000000000000240000000000000000000004D200000096"
                ),
            ),
        ),
    ),
)
