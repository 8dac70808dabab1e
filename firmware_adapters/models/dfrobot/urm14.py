"""DFRobot URM14 (SEN0358): ultrasonic distance in tenths of a millimetre; FFFF: no echo."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="DFRobot",
    model="URM14",
    what="ultrasonic distance sensor: distance to the surface, its own temperature; Modbus RTU",
    use="level, flow and rain",
    manual="DFRobot wiki, URM14 (SEN0358), register map",
    sources=(
        "DFRobot/DFRobot_URMXX, DFRobot_URMXX.cpp (input registers, tenths)",
        "avena_commons, driver of the URM14 (registers 5 and 6)",
    ),
    registers=(
        RegisterRow("water_distance", 5, divisor=10, table="input", unit="mm", invalid=frozenset({0xFFFF})),
        RegisterRow("air_temperature", 6, "s16", divisor=10, table="input"),
    ),
    golden=(
        Golden(
            {"water_distance": 1.2345, "air_temperature": -5.5},
            source="made by hand from the manual's table; no capture is known",
            registers=("3039FFC9",),
        ),
    ),
)
