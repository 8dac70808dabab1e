"""ABB B23 (the A and B series share the map): all ones (signed: 7FFF...) is no value."""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="u32", invalid=frozenset({0xFFFF_FFFF}))
_signed = partial(RegisterRow, kind="s32", invalid=frozenset({0x7FFF_FFFF}))
_energy = partial(RegisterRow, kind="u64", invalid=frozenset({0xFFFF_FFFF_FFFF_FFFF}))

MODEL: Final = DeviceModel(
    vendor="ABB",
    model="B23",
    what="three-phase meter: voltages, currents, powers, power factor, frequency, energy in and out; Modbus RTU",
    use="electricity",
    manual="ABB B23/B24 user manual, communication with Modbus, mapping tables",
    sources=("volkszaehler/mbmd, meters/rs485/abb.go",),
    registers=(
        _row("voltage", 0x5B00, channel="a", divisor=10),
        _row("voltage", 0x5B02, channel="b", divisor=10),
        _row("voltage", 0x5B04, channel="c", divisor=10),
        _row("current", 0x5B0C, channel="a", divisor=100),
        _row("current", 0x5B0E, channel="b", divisor=100),
        _row("current", 0x5B10, channel="c", divisor=100),
        _signed("active_power", 0x5B14, divisor=100),
        _signed("active_power", 0x5B16, channel="a", divisor=100),
        _signed("active_power", 0x5B18, channel="b", divisor=100),
        _signed("active_power", 0x5B1A, channel="c", divisor=100),
        RegisterRow("frequency", 0x5B2C, divisor=100, invalid=frozenset({0xFFFF})),
        RegisterRow("power_factor", 0x5B3A, "s16", divisor=1000, invalid=frozenset({0x7FFF})),
        _energy("active_energy", 0x5000, divisor=100),
        _energy("active_energy", 0x5004, channel="export", divisor=100),
    ),
    golden=(
        Golden(
            {
                "voltage/a": 230.5,
                "voltage/b": 231.5,
                "voltage/c": 232.5,
                "current/a": 1.25,
                "current/b": 2.25,
                "current/c": 3.25,
                "active_power": -1500.25,
                "active_power/a": -500.25,
                "active_power/b": -500.25,
                "active_power/c": -500.25,
                "frequency": 50.02,
                "power_factor": -0.98,
                "active_energy": 1234.56,
                "active_energy/export": 12.34,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "000000000001E24000000000000004D2",
                (
                    "000009010000090B000009150000000000000000000000000000007D000000E10000014500000000FFFDB5F7"
                    "FFFF3C97FFFF3C97FFFF3C97"
                ),
                "138A",
                "FC2C",
            ),
        ),
    ),
)
