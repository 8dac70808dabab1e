"""Schneider Electric iEM3150, iEM3155, iEM3250, iEM3255... (the series with Modbus); register 3028 is address 0BD3.

A later version of mbmd's file lists the places of another maker's meter (5000, 6000); these are the manual's.
"""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32")
_energy = partial(RegisterRow, kind="s64")

MODEL: Final = DeviceModel(
    vendor="Schneider Electric",
    model="iEM3000",
    what="three-phase meter: voltages, currents, powers, frequency, energy in and out; Modbus RTU",
    use="electricity",
    manual="Schneider Electric iEM3000 series user manual DOCA0005, Modbus register list",
    sources=("volkszaehler/mbmd, meters/rs485/iem3000.go at 4fcab12b",),
    registers=(
        _row("voltage", 0x0BD3, channel="a"),
        _row("voltage", 0x0BD5, channel="b"),
        _row("voltage", 0x0BD7, channel="c"),
        _row("current", 0x0BB7, channel="a"),
        _row("current", 0x0BB9, channel="b"),
        _row("current", 0x0BBB, channel="c"),
        _row("active_power", 0x0BED, channel="a", unit="kW"),
        _row("active_power", 0x0BEF, channel="b", unit="kW"),
        _row("active_power", 0x0BF1, channel="c", unit="kW"),
        _row("active_power", 0x0BF3, unit="kW"),
        _row("frequency", 0x0C25),
        _energy("active_energy", 0x0C83, unit="W.h"),
        _energy("active_energy", 0x0C87, channel="export", unit="W.h"),
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
                "active_power/a": 250.0,
                "active_power/b": 500.0,
                "active_power/c": 750.0,
                "active_power": 1500.0,
                "frequency": 50.25,
                "active_energy": 1234.567,
                "active_energy/export": 12.5,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "3FA000004010000040500000",
                "436680004367800043688000",
                "3E8000003F0000003F4000003FC00000",
                "42490000",
                "000000000012D68700000000000030D4",
            ),
        ),
    ),
)
