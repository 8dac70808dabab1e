"""Yosemitech Y532: pH probe, floats with the lowest byte first.

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
    model="Y532",
    what="pH probe: pH, temperature; Modbus RTU",
    use="water quality",
    manual="Yosemitech Y532 pH and ORP, Modbus instruction 1.7",
    sources=("EnviroDIY/YosemitechModbus, src/YosemitechModbus.cpp and doc/",),
    registers=(
        _row("ph", 0x2800),
        _row("water_temperature", 0x2400),
    ),
    golden=(
        Golden(
            {"ph": 7.25, "water_temperature": 18.25},
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "00009241",
                "0000E840",
            ),
        ),
    ),
)
