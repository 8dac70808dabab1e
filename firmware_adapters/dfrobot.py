"""DFRobot RS-485 sensors: weather station SEN0658 and soil probe SEN0604, after their register maps and real frames."""

from typing import Final

from firmware_adapters.register_model import RegisterModel
from firmware_adapters.rows import RegisterRow

SEN0658: Final = RegisterModel(
    vendor="DFRobot",
    model="SEN0658",
    firmware="any",
    source="DFRobot SEN0658 wiki register map; captured frames 010308000E00010002006E67FB, 0103060005000F03FB9C05",
    rows=(
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
)
"""Nine in one, 4800 baud 8N1 as delivered. 01F5 and 01F6 are the wind's force and sector: read over, not needed.

The station has no rain gauge; louvre-box stations with the same map have one at 0201 (generic/weather-station).
"""

SEN0604: Final = RegisterModel(
    vendor="DFRobot",
    model="SEN0604",
    firmware="any",
    source="DFRobot SEN0604 wiki register map; captured frame 0103080292FF9B03E8003857B6",
    rows=(
        RegisterRow("soil_moisture", 0x0000, divisor=10),
        RegisterRow("soil_temperature", 0x0001, "s16", divisor=10),
        RegisterRow("soil_conductivity", 0x0002),
        RegisterRow("soil_ph", 0x0003, divisor=10),
    ),
)
"""Four in one: moisture as volumetric water content."""
