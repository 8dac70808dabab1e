"""Senseair S8: input register 4 of the manual is address 3; any address (FE) is answered."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="Senseair",
    model="S8",
    what="CO2 sensor; Modbus RTU on its UART",
    use="dust, gas and noise",
    manual="Senseair, Modbus on S8 (TDE2067), input registers",
    sources=(
        "SFeli/ESP32_S8 (request)",
        "public source code (the answer FE 04 02 01 90 AC D8 is 400 ppm)",
    ),
    registers=(RegisterRow("co2", 3, table="input", low=0.0, high=10_000.0),),
    golden=(Golden({"co2": 400.0}, source="the manual's example: FE04020190ACD8", registers=("0190",)),),
)
