"""QDY30A-B: the level with its decimals in the register before; the map for transmitters that are set to metres.

Register 0002 says the unit (16 m, 17 cm, 18 mm): one that is set to centimetres needs rows of its own.
"""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="QDY",
    model="QDY30A",
    what="submersible level transmitter: water level in metres; Modbus RTU",
    use="level, flow and rain",
    manual="QDY30A Modbus protocol (MODBUS.pdf of the maker)",
    sources=(
        "public source file, search library id 54914833370 (table of registers of the QDY30A-B)",
        "kotyara12/reQDY30A (registers 0002 to 0006)",
    ),
    registers=(RegisterRow("water_level", 3, "s16", decimals="before"),),
    golden=(
        Golden(
            {"water_level": 1.234},
            source="made by hand from the manual's table; no capture is known",
            registers=("000304D2",),
        ),
        Golden(
            {"water_level": -0.02},
            source="made by hand from the manual's table; no capture is known",
            registers=("0002FFFE",),
        ),
    ),
)
