"""Finder 7M.24: momentary values.

Its energy (2752 on) is left out: the public source reads integers there and calls them floats.
"""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32", table="input")

MODEL: Final = DeviceModel(
    vendor="Finder",
    model="Type 7M.24",
    what="single-phase meter: voltage, current, power, power factor, frequency; Modbus RTU",
    use="electricity",
    manual="Finder Modbus 7M.24 and 7M.38, v2, 2021-06-30",
    sources=("volkszaehler/mbmd, meters/rs485/finder7m24.go",),
    registers=(
        _row("voltage", 0x09C4),
        _row("current", 0x09D4),
        _row("active_power", 0x09E8),
        _row("power_factor", 0x0A00),
        _row("frequency", 0x0A18),
    ),
    golden=(
        Golden(
            {"voltage": 230.5, "current": 1.25, "active_power": 288.5, "power_factor": 0.98, "frequency": 50.02},
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "43668000",
                "3FA00000",
                "43904000",
                "3F7AE148",
                "4248147B",
            ),
        ),
    ),
)
