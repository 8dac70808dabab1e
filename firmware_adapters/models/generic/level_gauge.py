"""A radar or ultrasonic gauge over water: level, distance, strength of the echo left to its maker."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="level-gauge",
    what="radar or ultrasonic level gauge: level, distance; Modbus, input registers",
    use="level, flow and rain",
    manual="firmware_adapters.models.generic: a map of our own",
    registers=(
        RegisterRow("water_level", 0, "f32", table="input"),
        RegisterRow("water_distance", 2, "f32", table="input"),
    ),
    golden=(
        Golden({"water_level": 3.25, "water_distance": 4.75}, source="made by hand", registers=("4050000040980000",)),
    ),
)
