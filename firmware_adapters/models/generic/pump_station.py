"""The PLC of a sewage pumping station with three pumps."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_NONE: Final = frozenset({0xFFFF})

MODEL: Final = DeviceModel(
    vendor="generic",
    model="pump-station",
    what="sewage pumping station: wet-well level, flow, pumps running, hours, currents; Modbus",
    use="sluices, pumps and sewage",
    manual="firmware_adapters.models.generic: a map of our own",
    registers=(
        RegisterRow("water_level", 0, divisor=1000, table="input", invalid=_NONE),
        RegisterRow("water_flow", 1, "f32", table="input"),
        RegisterRow("pump_running", 3, "bits", low_bit=0, width=1, table="input", channel="1"),
        RegisterRow("pump_running", 3, "bits", low_bit=1, width=1, table="input", channel="2"),
        RegisterRow("pump_running", 3, "bits", low_bit=2, width=1, table="input", channel="3"),
        RegisterRow("current", 4, divisor=10, table="input", invalid=_NONE, channel="1"),
        RegisterRow("current", 5, divisor=10, table="input", invalid=_NONE, channel="2"),
        RegisterRow("current", 6, divisor=10, table="input", invalid=_NONE, channel="3"),
        RegisterRow("running_hours", 8, "u32", table="input", channel="1"),
        RegisterRow("running_hours", 10, "u32", table="input", channel="2"),
        RegisterRow("running_hours", 12, "u32", table="input", channel="3"),
    ),
    golden=(
        Golden(
            {
                "water_level": 2.345,
                "water_flow": 0.125,
                "pump_running/1": 1.0,
                "pump_running/2": 0.0,
                "pump_running/3": 1.0,
                "current/1": 12.5,
                "current/2": 0.0,
                "current/3": 11.5,
                "running_hours/1": 70000.0,
                "running_hours/2": 1.0,
                "running_hours/3": 2.0,
            },
            source="made by hand",
            registers=("09293E0000000005007D000000730000000111700000000100000002",),
        ),
    ),
)
