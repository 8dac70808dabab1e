"""Seeed SenseCAP S500 V2: thousandths, 32 bits.

That pressure is in Pa is from the user guide; the public driver does not say.
"""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="s32", table="input", divisor=1000)

MODEL: Final = DeviceModel(
    vendor="Seeed",
    model="SenseCAP S500",
    what="compact weather station: temperature, humidity, pressure, wind, rain; Modbus RTU",
    use="weather",
    manual="Seeed SenseCAP ONE compact weather sensor user guide, Modbus register list",
    sources=("public source code (addresses and thousandths, in a driver)",),
    registers=(
        _row("air_temperature", 0),
        _row("relative_humidity", 2),
        _row("wind_direction", 12),
        _row("wind_speed", 16, channel="max"),
        _row("wind_speed", 18),
        _row("rainfall", 20, channel="total"),
        _row("rain_intensity", 24),
        _row("air_pressure", 4, unit="Pa"),
    ),
    golden=(
        Golden(
            {
                "air_temperature": -5.25,
                "relative_humidity": 55.5,
                "wind_direction": 271.0,
                "wind_speed/max": 8.25,
                "wind_speed": 3.5,
                "rainfall/total": 12.2,
                "rain_intensity": 1.5,
                "air_pressure": 1013.25,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                (
                    "FFFFEB7E0000D8CC060A18C800000000000000000000000000042298000000000000203A00000DAC00002FA8"
                    "00000000000005DC"
                ),
            ),
        ),
    ),
)
