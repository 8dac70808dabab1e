"""ComWinTop CWT-SOIL-THC-S: three in one, 4800 baud as delivered."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="ComWinTop",
    model="CWT-SOIL-THC-S",
    what="soil probe: moisture, temperature, conductivity; Modbus RTU",
    use="soil",
    manual="ComWinTop CWT-SOIL-THC-S manual, register list",
    sources=("public source code (captured on a bench, with the map)",),
    registers=(
        RegisterRow("soil_moisture", 0, divisor=10),
        RegisterRow("soil_temperature", 1, "s16", divisor=10),
        RegisterRow("soil_conductivity", 2),
    ),
    golden=(
        Golden(
            {"soil_moisture": 0.0, "soil_temperature": 22.5, "soil_conductivity": 0.0},
            source="captured in air: 010306000000E100007143",
            registers=("000000E10000",),
        ),
        Golden(
            {"soil_moisture": 49.5, "soil_temperature": 32.4, "soil_conductivity": 4.0},
            source="the example of a like probe (myduino): 01030601EF01440004B559",
            registers=("01EF01440004",),
        ),
    ),
)
