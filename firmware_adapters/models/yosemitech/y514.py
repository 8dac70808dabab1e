"""Yosemitech Y514: chlorophyll probe, floats with the lowest byte first.

It measures after it was told to (register 2500), which we do not do; whether it goes on by itself after a restart
is not known to us.
"""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32", order="DCBA")

MODEL: Final = DeviceModel(
    vendor="Yosemitech",
    model="Y514",
    what="chlorophyll probe: chlorophyll, temperature; Modbus RTU",
    use="water quality",
    manual="Yosemitech Y514 chlorophyll with wiper, Modbus instruction 1.6",
    sources=("EnviroDIY/YosemitechModbus, src/YosemitechModbus.cpp and doc/",),
    registers=(
        _row("water_temperature", 0x2600),
        _row("chlorophyll_a", 0x2602, low=0.0, high=400.0),
    ),
    golden=(
        Golden(
            {"water_temperature": 18.25, "chlorophyll_a": 3.5},
            source="made by hand from the manual's table; no capture is known",
            registers=("0000924100006040",),
        ),
    ),
)
