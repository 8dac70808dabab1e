"""QDY30A and QDY30A-B: the level with its decimals in the register before, for transmitters that are set to cm.

Register 0002 says the unit (16 m, 17 cm, 18 mm): one that is set to something else needs rows of its own. Users report
devices whose unit register is wrong: hold it into a bucket and a ruler beside it.
"""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="QDY",
    model="QDY30A",
    what="submersible level transmitter: water level; Modbus RTU",
    use="level, flow and rain",
    manual="QDY30A Modbus protocol (MODBUS.pdf of the maker)",
    sources=(
        "public source code (table of registers of the QDY30A-B)",
        "public source code (captured on a bench)",
        "kotyara12/reQDY30A (registers 0002 to 0006)",
    ),
    registers=(RegisterRow("water_level", 3, "s16", unit="cm", decimals="before"),),
    golden=(
        Golden(
            {"water_level": 0.026}, source="captured: 01030E0001000300110001001A0000138866D4", registers=("0001001A",)
        ),
        Golden({"water_level": -0.02}, source="made by hand from the manual's table", registers=("0000FFFE",)),
    ),
)
