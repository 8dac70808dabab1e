"""DFRobot SEN0658: nine in one, 4800 baud 8N1 as delivered; 01F5 and 01F6, the wind's force and sector, are read over.

The station has no rain gauge; louvre-box stations with the same map have one at 0201 (generic/weather-station).
"""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="DFRobot",
    model="SEN0658",
    what="weather station: wind, humidity, temperature, noise, dust, pressure, light; Modbus RTU",
    use="weather",
    manual="DFRobot wiki, SEN0658, register map",
    sources=("wiki.dfrobot.com, SEN0658",),
    registers=(
        RegisterRow("wind_speed", 0x01F4, divisor=100),
        RegisterRow("wind_direction", 0x01F7),
        RegisterRow("relative_humidity", 0x01F8, divisor=10),
        RegisterRow("air_temperature", 0x01F9, "s16", divisor=10),
        RegisterRow("noise", 0x01FA, divisor=10),
        RegisterRow("pm2_5", 0x01FB),
        RegisterRow("pm10", 0x01FC),
        RegisterRow("air_pressure", 0x01FD, divisor=10, unit="kPa"),
        RegisterRow("illuminance", 0x01FE, "u32"),
    ),
    golden=(
        Golden(
            {
                "wind_speed": 0.14,
                "wind_direction": 110.0,
                "relative_humidity": 51.2,
                "air_temperature": -10.1,
                "noise": 55.3,
                "pm2_5": 5.0,
                "pm10": 15.0,
                "air_pressure": 1019.0,
                "illuminance": 50.0,
            },
            source="captured in parts: 010308000E00010002006E67FB, 0103060005000F03FB9C05, light 0000 0032",
            registers=("000E00010002006E0200FF9B02290005000F03FB00000032",),
        ),
    ),
)
