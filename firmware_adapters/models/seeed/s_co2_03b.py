"""Seeed SenseCAP S-CO2-03B."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="Seeed",
    model="S-CO2-03B",
    what="air sensor: CO2, temperature, humidity; Modbus RTU",
    use="dust, gas and noise",
    manual="Seeed S-CO2-03 user guide, Modbus register list",
    sources=("public source code (addresses and hundredths, in a driver)",),
    registers=(
        RegisterRow("co2", 0),
        RegisterRow("air_temperature", 1, "s16", divisor=100),
        RegisterRow("relative_humidity", 2, divisor=100),
    ),
    golden=(
        Golden(
            {"co2": 612.0, "air_temperature": -1.25, "relative_humidity": 45.5},
            source="made by hand from the manual's table; no capture is known",
            registers=("0264FF8311C6",),
        ),
    ),
)
