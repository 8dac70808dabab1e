"""DFRobot SEN0604: soil probe; moisture is the volumetric water content."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="DFRobot",
    model="SEN0604",
    what="soil probe: moisture, temperature, conductivity, pH; Modbus RTU",
    use="soil",
    manual="DFRobot wiki, SEN0604, register map",
    sources=("wiki.dfrobot.com, SEN0604",),
    registers=(
        RegisterRow("soil_moisture", 0x0000, divisor=10),
        RegisterRow("soil_temperature", 0x0001, "s16", divisor=10),
        RegisterRow("soil_conductivity", 0x0002),
        RegisterRow("soil_ph", 0x0003, divisor=10),
    ),
    golden=(
        Golden(
            {"soil_moisture": 65.8, "soil_temperature": -10.1, "soil_conductivity": 1000.0, "soil_ph": 5.6},
            source="captured: 0103080292FF9B03E8003857B6",
            registers=("0292FF9B03E80038",),
        ),
    ),
)
