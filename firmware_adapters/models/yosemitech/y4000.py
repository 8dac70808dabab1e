"""Yosemitech Y4000: sonde for eight parameters, floats with the lowest byte first.

The manual says 2600 for the first; the device has it at 2601. Blue-green algae (260F) are not read: sources disagree
on their unit. A parameter without its sensor reads as infinity, which is no value.
"""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_float = partial(RegisterRow, kind="f32", order="DCBA")

MODEL: Final = DeviceModel(
    vendor="Yosemitech",
    model="Y4000",
    what="water sonde: oxygen, turbidity, conductivity, pH, temperature, redox, chlorophyll; Modbus RTU",
    use="water quality",
    manual="Yosemitech Y4000 sonde 1.6, Modbus instruction",
    sources=(
        "EnviroDIY/YosemitechModbus, src/YosemitechModbus.cpp and doc/",
        "EnviroDIY/ModularSensors, src/sensors/YosemitechY4000.h (ranges)",
        "WildernessLabs/Meadow.Foundation, Sensors.Environmental.Y4000 (order, mS/cm, infinity)",
    ),
    registers=(
        _float("dissolved_oxygen", 0x2601, low=0.0, high=20.0),
        _float("turbidity", 0x2603, low=0.0, high=1000.0),
        _float("conductivity", 0x2605, unit="mS/cm"),
        _float("ph", 0x2607),
        _float("water_temperature", 0x2609),
        _float("orp", 0x260B, low=-999.0, high=999.0),
        _float("chlorophyll_a", 0x260D, low=0.0, high=400.0),
    ),
    golden=(
        Golden(
            {
                "dissolved_oxygen": 8.31,
                "turbidity": 21.4,
                "conductivity": 1342.5,
                "ph": 7.0,
                "water_temperature": 25.0,
                "orp": 180.0,
                "chlorophyll_a": 3.5,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=("C3F504413333AB410AD7AB3F0000E0400000C8410000344300006040",),
        ),
    ),
)
