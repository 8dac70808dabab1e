"""Keller Nanolevel: pressure and temperature are asked for one by one."""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32")

MODEL: Final = DeviceModel(
    vendor="Keller",
    model="Nanolevel",
    what="submersible level transmitter: pressure, temperature; Modbus RTU",
    use="level, flow and rain",
    manual="Keller, description of the communication protocol, series 30, process values 0000 to 000B",
    sources=("EnviroDIY/KellerModbus, src/KellerModbus.cpp",),
    gap=0,
    registers=(
        _row("water_pressure", 2, unit="bar"),
        _row("water_temperature", 6),
    ),
    golden=(
        Golden(
            {"water_pressure": 50.5, "water_temperature": 18.25},
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "3F0147AE",
                "41920000",
            ),
        ),
    ),
)
