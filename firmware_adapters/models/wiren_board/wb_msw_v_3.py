"""Wiren Board WB-MSW v.3 before firmware 4.2: temperature and humidity in tenths; noise, CO2 and light are options."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.firmware import Firmware
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="Wiren Board",
    model="WB-MSW v.3",
    what="wall sensor: temperature, humidity, noise, CO2, light; Modbus RTU",
    use="dust, gas and noise",
    manual="Wiren Board wiki, WB-MS and WB-MSW, Modbus registers",
    sources=("wirenboard.com, wiki, Sensors Modbus Management (registers, and from which version they are there)",),
    firmware=Firmware(before="4.2"),
    registers=(
        RegisterRow("air_temperature", 0, "s16", divisor=10, table="input", invalid=frozenset({0x7FFF})),
        RegisterRow("relative_humidity", 1, "s16", divisor=10, table="input"),
        RegisterRow("noise", 3, divisor=100, table="input"),
        RegisterRow("co2", 8, table="input", invalid=frozenset({0xFFFF})),
        RegisterRow("illuminance", 9, "u32", divisor=100, table="input"),
    ),
    golden=(
        Golden(
            {"air_temperature": -5.5, "relative_humidity": 45.5, "noise": 52.25, "co2": 612.0, "illuminance": 1234.5},
            source="made by hand from the manual's table; no capture is known",
            registers=("FFC901C700001469000000000000000002640001E23A",),
        ),
    ),
)
