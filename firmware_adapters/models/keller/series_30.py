"""Keller series 30, class 5, group 20 (Acculevel, 33X, 36XW...): pressure P1 in bar, temperature TOB1."""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.firmware import Firmware
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32")

MODEL: Final = DeviceModel(
    vendor="Keller",
    model="Series 30",
    what="submersible level transmitter: pressure, temperature; Modbus RTU",
    use="level, flow and rain",
    manual="Keller, description of the communication protocol, series 30, class 5, group 20, Modbus process values",
    sources=("EnviroDIY/KellerModbus, src/KellerModbus.cpp",),
    firmware=Firmware("5.20-12.28"),
    registers=(
        _row("water_pressure", 0x0100, unit="bar"),
        _row("water_temperature", 0x0102),
    ),
    golden=(
        Golden(
            {"water_pressure": 125.0, "water_temperature": 18.25},
            source="made by hand from the manual's table; no capture is known",
            registers=("3FA0000041920000",),
        ),
    ),
)
