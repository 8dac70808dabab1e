"""The controller of one lamp; its level may be commanded."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_NONE: Final = frozenset({0xFFFF})

MODEL: Final = DeviceModel(
    vendor="generic",
    model="streetlight",
    what="single-lamp controller: voltage, current, power, level (may be set); Modbus",
    use="lamps and cabinets",
    manual="firmware_adapters.models.generic: a map of our own",
    registers=(
        RegisterRow("voltage", 0, divisor=10, invalid=_NONE),
        RegisterRow("current", 1, divisor=100, invalid=_NONE),
        RegisterRow("active_power", 2, divisor=10, invalid=_NONE),
        RegisterRow("lamp_level", 3, invalid=_NONE, writable=True),
    ),
    golden=(
        Golden(
            {"voltage": 230.0, "current": 0.41, "active_power": 90.0, "lamp_level": 100.0},
            source="made by hand",
            registers=("08FC002903840064",),
        ),
    ),
)
