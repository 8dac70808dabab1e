"""A louvre-box weather station with a rain gauge; many makers sell it."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.models.dfrobot import sen0658
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="weather-station",
    what="weather station: as DFRobot/SEN0658, with a rain gauge; Modbus RTU",
    use="weather",
    manual="the map of SEN0658, which many louvre-box stations share, with the rain gauge at 0201",
    registers=(*sen0658.MODEL.registers, RegisterRow("rainfall", 0x0201, divisor=10)),
    golden=(
        Golden(
            {
                "wind_speed": 0.14,
                "air_temperature": -10.1,
                "air_pressure": 1019.0,
                "illuminance": 50.0,
                "rainfall": 1.7,
            },
            source="that of SEN0658, with the rain added by hand",
            registers=("000E00010002006E0200FF9B02290005000F03FB0000003200000011",),
        ),
    ),
)
