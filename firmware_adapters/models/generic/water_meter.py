"""A bulk water meter with registers: 32 bits, litres."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="water-meter",
    what="water meter: volume, flow; Modbus",
    use="water and heat meters",
    manual="firmware_adapters.models.generic: a map of our own",
    registers=(
        RegisterRow("water_volume", 0, "u32", unit="L"),
        RegisterRow("water_flow", 2, "f32", unit="m3/h"),
    ),
    golden=(
        Golden({"water_volume": 123.456, "water_flow": 0.01}, source="made by hand", registers=("0001E24042100000",)),
    ),
)
