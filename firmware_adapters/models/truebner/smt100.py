"""Truebner SMT100: the temperature is (t + 100) x 100."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="Truebner",
    model="SMT100",
    what="soil probe: temperature, volumetric water content; Modbus RTU",
    use="soil",
    manual="Truebner AN002, SMT100 Modbus quickstart guide",
    sources=("slowtec/truebner-smt100, src/modbus/mod.rs (with decoded examples)",),
    registers=(
        RegisterRow("soil_temperature", 0, divisor=100, offset=-10_000, low=-40.0, high=80.0),
        RegisterRow("soil_moisture", 1, divisor=100, low=0.0, high=100.0),
    ),
    golden=(
        Golden(
            {"soil_temperature": 27.97, "soil_moisture": 34.4},
            source="the decoded examples of slowtec/truebner-smt100: 31FD is 27.97, 0D70 is 34.4",
            registers=("31FD0D70",),
        ),
        Golden(
            {"soil_temperature": -40.0, "soil_moisture": 0.0},
            source="the same source: 1770 is -40, 0000 is 0",
            registers=("17700000",),
        ),
    ),
)
