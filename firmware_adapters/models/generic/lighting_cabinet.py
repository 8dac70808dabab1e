"""A lighting cabinet: contactors of up to four circuits (may be set), its door, and the supply's meter."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_NONE: Final = frozenset({0xFFFF})

MODEL: Final = DeviceModel(
    vendor="generic",
    model="lighting-cabinet",
    what="lighting cabinet: circuits (may be set), door, voltages, power, energy; Modbus",
    use="lamps and cabinets",
    manual="firmware_adapters.models.generic: a map of our own",
    registers=(
        RegisterRow("switched_on", 0, "bit", table="coil", channel="circuit1", writable=True),
        RegisterRow("switched_on", 1, "bit", table="coil", channel="circuit2", writable=True),
        RegisterRow("switched_on", 2, "bit", table="coil", channel="circuit3", writable=True),
        RegisterRow("switched_on", 3, "bit", table="coil", channel="circuit4", writable=True),
        RegisterRow("cover_open", 0, "bit", table="discrete", channel="door"),
        RegisterRow("voltage", 0, divisor=10, table="input", invalid=_NONE, channel="a"),
        RegisterRow("voltage", 1, divisor=10, table="input", invalid=_NONE, channel="b"),
        RegisterRow("voltage", 2, divisor=10, table="input", invalid=_NONE, channel="c"),
        RegisterRow("active_power", 3, "u32", table="input"),
        RegisterRow("active_energy", 5, "u32", divisor=100, table="input"),
    ),
    golden=(
        Golden(
            {
                "switched_on/circuit1": 1.0,
                "switched_on/circuit2": 1.0,
                "switched_on/circuit3": 0.0,
                "switched_on/circuit4": 0.0,
                "cover_open/door": 1.0,
                "voltage/a": 230.5,
                "voltage/b": 231.5,
                "voltage/c": 232.5,
                "active_power": 12500.0,
                "active_energy": 1234.56,
            },
            source="made by hand",
            registers=(
                "03",
                "01",
                "0901090B0915000030D40001E240",
            ),
        ),
    ),
)
