"""ComWinTop CWT-SOIL-NPKPHCTH-S: seven in one, 4800 baud as delivered.

Nitrogen, phosphorus and potassium are worked out of the conductivity. Probes of other makers begin with the
temperature, count pH in hundredths or nutrients in tenths: look before you trust it.
"""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="ComWinTop",
    model="CWT-SOIL-NPKPHCTH-S",
    what="soil probe: moisture, temperature, conductivity, pH, nitrogen, phosphorus, potassium; Modbus RTU",
    use="soil",
    manual="ComWinTop CWT-SOIL-NPKPHCTH-S manual, register list",
    sources=(
        "zainalabidin85/iotPlatform (probe of this name, registers 0 to 6)",
        "public source code (mg/kg undivided)",
        "myduino, industrial soil sensor RS485 (frames)",
    ),
    registers=(
        RegisterRow("soil_moisture", 0, divisor=10),
        RegisterRow("soil_temperature", 1, "s16", divisor=10),
        RegisterRow("soil_conductivity", 2),
        RegisterRow("soil_ph", 3, divisor=10),
        RegisterRow("soil_nitrogen", 4),
        RegisterRow("soil_phosphorus", 5),
        RegisterRow("soil_potassium", 6),
    ),
    golden=(
        Golden(
            {
                "soil_moisture": 61.0,
                "soil_temperature": 35.9,
                "soil_conductivity": 6.0,
                "soil_ph": 5.5,
                "soil_nitrogen": 32.0,
                "soil_phosphorus": 18.0,
                "soil_potassium": 25.0,
            },
            source="the example 01030802620167000600 37C206 of a like probe (myduino); nutrients by hand",
            registers=("0262016700060037002000120019",),
        ),
    ),
)
