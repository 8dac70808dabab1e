"""A dust and noise monitor with registers of 16 bits."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_NONE: Final = frozenset({0xFFFF})

MODEL: Final = DeviceModel(
    vendor="generic",
    model="dust-noise-monitor",
    what="dust and noise monitor: PM2.5, PM10, TSP, noise; Modbus",
    use="dust, gas and noise",
    manual="firmware_adapters.models.generic: a map of our own",
    registers=(
        RegisterRow("pm2_5", 0, invalid=_NONE),
        RegisterRow("pm10", 1, invalid=_NONE),
        RegisterRow("tsp", 2, invalid=_NONE),
        RegisterRow("noise", 3, divisor=10, invalid=_NONE),
    ),
    golden=(
        Golden(
            {"pm2_5": 35.0, "pm10": 70.0, "tsp": 120.0, "noise": 55.5},
            source="made by hand",
            registers=("002300460078022B",),
        ),
    ),
)
