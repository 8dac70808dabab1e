"""Vaisala WXT530 series (WXT531 to WXT536) with Modbus: what a model does not measure reads 7FFF.

Wind speed and rain are left out: the public page that we have ends before them.
"""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_NONE: Final = frozenset({0x7FFF})
_row = partial(RegisterRow, kind="s16", divisor=10, table="input", invalid=_NONE)

MODEL: Final = DeviceModel(
    vendor="Vaisala",
    model="WXT530",
    what="weather transmitter: humidity, pressure, wind direction, radiation, temperature, dew point; Modbus RTU",
    use="weather",
    manual="Vaisala WXT530 series user guide M211840EN-G, Modbus, input registers",
    sources=("docs.vaisala.com, M211840EN-G, Input registers",),
    registers=(
        _row("relative_humidity", 10),
        _row("air_pressure", 14),
        _row("wind_direction", 18),
        _row("solar_radiation", 27),
        _row("air_temperature", 31),
        _row("dew_point", 35),
    ),
    golden=(
        Golden(
            {
                "relative_humidity": 55.5,
                "air_pressure": 1013.2,
                "wind_direction": 271.5,
                "solar_radiation": 512.5,
                "air_temperature": -5.5,
                "dew_point": -12.5,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                (
                    "022B00000000000027940000000000000A9B000000000000000000000000000000001405000000000000FFC9"
                    "000000000000FF83"
                ),
            ),
        ),
    ),
)
