"""WoMaster ES103-Soil-RS485: hundredths; its salinity and dissolved solids are worked out of the conductivity."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="WoMaster",
    model="ES103",
    what="soil probe: temperature, moisture, conductivity, salinity; Modbus RTU",
    use="soil",
    manual="WoMaster ES103-Soil-RS485, Modbus register information",
    sources=("womaster.eu, product page of ES103-Soil-RS485",),
    registers=(
        RegisterRow("soil_temperature", 0, "s16", divisor=100, low=-40.0, high=80.0),
        RegisterRow("soil_moisture", 1, divisor=100, low=0.0, high=100.0),
        RegisterRow("soil_conductivity", 2, low=0.0, high=20_000.0),
        RegisterRow("soil_salinity", 3, low=0.0, high=20_000.0),
    ),
    golden=(
        Golden(
            {"soil_temperature": -5.25, "soil_moisture": 34.5, "soil_conductivity": 410.0, "soil_salinity": 225.0},
            source="made by hand from the manual's table; no capture is known",
            registers=("FDF30D7A019A00E1",),
        ),
    ),
)
