"""A water sonde with floats in word order CDAB, as most sondes send them."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="water-sonde",
    what="water sonde: temperature, pH, dissolved oxygen, conductivity, turbidity; Modbus",
    use="water quality",
    manual="firmware_adapters.models.generic: a map of our own",
    registers=(
        RegisterRow("water_temperature", 0, "f32", "CDAB"),
        RegisterRow("ph", 2, "f32", "CDAB"),
        RegisterRow("dissolved_oxygen", 4, "f32", "CDAB"),
        RegisterRow("conductivity", 6, "f32", "CDAB"),
        RegisterRow("turbidity", 8, "f32", "CDAB"),
    ),
    golden=(
        Golden(
            {
                "water_temperature": 25.0,
                "ph": 7.0,
                "dissolved_oxygen": 8.31,
                "conductivity": 1342.5,
                "turbidity": 21.4,
            },
            source="25.0 and 7.0 as CDAB are the captured pairs 0000 41C8, 0000 40E0; the others made with struct",
            registers=("000041C8000040E0F5C34104D00044A7333341AB",),
        ),
    ),
)
