"""The meter of a lighting cabinet, three phases; 32-bit numbers are ABCD."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_NONE: Final = frozenset({0xFFFF})
_NO_SIGNED: Final = frozenset({0x7FFF})

MODEL: Final = DeviceModel(
    vendor="generic",
    model="cabinet-meter",
    what="three-phase meter: voltages, currents, power, power factor, frequency, energy; Modbus, input registers",
    use="lamps and cabinets",
    manual="firmware_adapters.models.generic: a map of our own",
    registers=(
        RegisterRow("voltage", 0, divisor=10, table="input", invalid=_NONE, channel="a"),
        RegisterRow("voltage", 1, divisor=10, table="input", invalid=_NONE, channel="b"),
        RegisterRow("voltage", 2, divisor=10, table="input", invalid=_NONE, channel="c"),
        RegisterRow("current", 3, divisor=100, table="input", invalid=_NONE, channel="a"),
        RegisterRow("current", 4, divisor=100, table="input", invalid=_NONE, channel="b"),
        RegisterRow("current", 5, divisor=100, table="input", invalid=_NONE, channel="c"),
        RegisterRow("active_power", 6, "s32", table="input"),
        RegisterRow("power_factor", 8, "s16", divisor=1000, table="input", invalid=_NO_SIGNED),
        RegisterRow("frequency", 9, divisor=100, table="input", invalid=_NONE),
        RegisterRow("active_energy", 10, "u32", divisor=100, table="input"),
    ),
    golden=(
        Golden(
            {
                "voltage/a": 230.0,
                "voltage/b": 230.1,
                "voltage/c": 230.2,
                "current/a": 1.0,
                "current/b": 1.01,
                "current/c": 1.02,
                "active_power": -1000.0,
                "power_factor": 0.95,
                "frequency": 50.01,
                "active_energy": 1234.56,
            },
            source="made by hand",
            registers=("08FC08FD08FE006400650066FFFFFC1803B613890001E240",),
        ),
    ),
)
