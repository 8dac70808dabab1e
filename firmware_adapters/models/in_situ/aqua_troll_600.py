"""In-Situ Aqua TROLL 400 and 600: parameter n has seven registers from 5450 + 7 (n - 1) on, in the units as delivered.

Value, data quality (0 is good), unit, parameter, sentinel: a sensor that is not plugged in reads the sentinel, 0.0 as
delivered; only for pH can that be told from a measurement. Conductivity is the one at 25 Cel.
"""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32")

MODEL: Final = DeviceModel(
    vendor="In-Situ",
    model="Aqua TROLL 600",
    what="water sonde: temperature, conductivity, salinity, pH, redox, oxygen; Modbus RTU",
    use="water quality",
    manual="In-Situ Modbus communication protocol 5.10, parameter registers; Aqua TROLL 400 reference guide, 7.2",
    sources=(
        "public source code (addresses and layout, in a logger for the Aqua TROLL 600)",
        "manualsdir.com, Aqua TROLL 400 reference guide, p. 40 and 51 (parameter numbers, sentinel)",
    ),
    registers=(
        _row("water_temperature", 0x154A),
        _row("conductivity", 0x1582, channel="actual"),
        _row("conductivity", 0x1589),
        _row("salinity", 0x1597),
        _row("ph", 0x15BA, invalid=frozenset({0})),
        _row("orp", 0x15C8),
        _row("dissolved_oxygen", 0x15CF),
        _row("oxygen_saturation", 0x15D6),
    ),
    golden=(
        Golden(
            {
                "water_temperature": 18.25,
                "conductivity/actual": 410.5,
                "conductivity": 455.5,
                "salinity": 0.25,
                "ph": 7.25,
                "orp": 180.0,
                "dissolved_oxygen": 8.5,
                "oxygen_saturation": 91.5,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "41920000",
                "43CD40000000000000000000000043E3C000",
                "3E800000",
                "40E80000",
                "4334000000000000000000000000410800000000000000000000000042B70000",
            ),
        ),
    ),
)
