"""GroPoint Profile GPLP-8: eight segments and thirteen thermometers, with one decimal as delivered.

It answers the first question with exception 05 and measures then: what is read is as old as the question before.
"""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="GroPoint",
    model="GPLP-8",
    what="soil profile probe: moisture of eight depths, temperature of thirteen; Modbus RTU",
    use="soil",
    manual="GroPoint Profile user manual, p. 35 to 39, input registers",
    sources=("EnviroDIY/GroPointModbus, src/GroPointModbus.cpp",),
    registers=(
        RegisterRow("soil_moisture", 0, "s16", divisor=10, table="input", channel="m1"),
        RegisterRow("soil_moisture", 1, "s16", divisor=10, table="input", channel="m2"),
        RegisterRow("soil_moisture", 2, "s16", divisor=10, table="input", channel="m3"),
        RegisterRow("soil_moisture", 3, "s16", divisor=10, table="input", channel="m4"),
        RegisterRow("soil_moisture", 4, "s16", divisor=10, table="input", channel="m5"),
        RegisterRow("soil_moisture", 5, "s16", divisor=10, table="input", channel="m6"),
        RegisterRow("soil_moisture", 6, "s16", divisor=10, table="input", channel="m7"),
        RegisterRow("soil_moisture", 7, "s16", divisor=10, table="input", channel="m8"),
        RegisterRow("soil_temperature", 100, "s16", divisor=10, table="input", channel="t1"),
        RegisterRow("soil_temperature", 101, "s16", divisor=10, table="input", channel="t2"),
        RegisterRow("soil_temperature", 102, "s16", divisor=10, table="input", channel="t3"),
        RegisterRow("soil_temperature", 103, "s16", divisor=10, table="input", channel="t4"),
        RegisterRow("soil_temperature", 104, "s16", divisor=10, table="input", channel="t5"),
        RegisterRow("soil_temperature", 105, "s16", divisor=10, table="input", channel="t6"),
        RegisterRow("soil_temperature", 106, "s16", divisor=10, table="input", channel="t7"),
        RegisterRow("soil_temperature", 107, "s16", divisor=10, table="input", channel="t8"),
        RegisterRow("soil_temperature", 108, "s16", divisor=10, table="input", channel="t9"),
        RegisterRow("soil_temperature", 109, "s16", divisor=10, table="input", channel="t10"),
        RegisterRow("soil_temperature", 110, "s16", divisor=10, table="input", channel="t11"),
        RegisterRow("soil_temperature", 111, "s16", divisor=10, table="input", channel="t12"),
        RegisterRow("soil_temperature", 112, "s16", divisor=10, table="input", channel="t13"),
    ),
    golden=(
        Golden(
            {
                "soil_moisture/m1": 12.3,
                "soil_moisture/m2": 13.3,
                "soil_moisture/m3": 14.3,
                "soil_moisture/m4": 15.3,
                "soil_moisture/m5": 16.3,
                "soil_moisture/m6": 17.3,
                "soil_moisture/m7": 18.3,
                "soil_moisture/m8": 19.3,
                "soil_temperature/t1": -1.5,
                "soil_temperature/t2": -0.5,
                "soil_temperature/t3": 0.5,
                "soil_temperature/t4": 1.5,
                "soil_temperature/t5": 2.5,
                "soil_temperature/t6": 3.5,
                "soil_temperature/t7": 4.5,
                "soil_temperature/t8": 5.5,
                "soil_temperature/t9": 6.5,
                "soil_temperature/t10": 7.5,
                "soil_temperature/t11": 8.5,
                "soil_temperature/t12": 9.5,
                "soil_temperature/t13": 10.5,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "007B0085008F009900A300AD00B700C1",
                "FFF1FFFB0005000F00190023002D00370041004B0055005F0069",
            ),
        ),
    ),
)
