"""The controller of a sluice: levels on both sides, the gate's opening (may be set), what its drive does."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_NONE: Final = frozenset({0xFFFF})

MODEL: Final = DeviceModel(
    vendor="generic",
    model="sluice-gate",
    what="sluice gate: opening (may be set), levels above and below, flow, drive running; Modbus",
    use="sluices, pumps and sewage",
    manual="firmware_adapters.models.generic: a map of our own",
    registers=(
        RegisterRow("gate_opening", 0, divisor=1000, invalid=_NONE, low=0.0, high=30.0, writable=True),
        RegisterRow("water_level", 1, "s16", divisor=1000, invalid=frozenset({0x7FFF}), channel="above"),
        RegisterRow("water_level", 2, "s16", divisor=1000, invalid=frozenset({0x7FFF}), channel="below"),
        RegisterRow("water_flow", 3, "f32"),
        RegisterRow("drive_running", 5, "bits", low_bit=0, width=1),
    ),
    golden=(
        Golden(
            {
                "gate_opening": 1.25,
                "water_level/above": 3.456,
                "water_level/below": -0.5,
                "water_flow": 12.5,
                "drive_running": 1.0,
            },
            source="made by hand",
            registers=("04E20D80FE0C414800000003",),
        ),
    ),
)
