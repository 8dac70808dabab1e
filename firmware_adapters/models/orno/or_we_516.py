"""Orno OR-WE-516 and OR-WE-517; powers in kW."""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32")

MODEL: Final = DeviceModel(
    vendor="Orno",
    model="OR-WE-516",
    what="three-phase meter: voltages, currents, powers, power factor, frequency, energy in and out; Modbus RTU",
    use="electricity",
    manual="Orno, register description of OR-WE-514 to OR-WE-517",
    sources=(
        "volkszaehler/mbmd, meters/rs485/orno3p.go",
        "arendst/Tasmota, WE517 driver",
    ),
    registers=(
        _row("voltage", 14, channel="a"),
        _row("voltage", 16, channel="b"),
        _row("voltage", 18, channel="c"),
        _row("frequency", 20),
        _row("current", 22, channel="a"),
        _row("current", 24, channel="b"),
        _row("current", 26, channel="c"),
        _row("active_power", 28, unit="kW"),
        _row("active_power", 30, channel="a", unit="kW"),
        _row("active_power", 32, channel="b", unit="kW"),
        _row("active_power", 34, channel="c", unit="kW"),
        _row("power_factor", 52),
        _row("active_energy", 0x0108),
        _row("active_energy", 0x0110, channel="export"),
    ),
    golden=(
        Golden(
            {
                "voltage/a": 230.5,
                "voltage/b": 231.5,
                "voltage/c": 232.5,
                "frequency": 50.02,
                "current/a": 1.25,
                "current/b": 2.25,
                "current/c": 3.25,
                "active_power": 1500.0,
                "active_power/a": 500.0,
                "active_power/b": 500.0,
                "active_power/c": 500.0,
                "power_factor": 0.98,
                "active_energy": 1234.5,
                "active_energy/export": 12.25,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "4366800043678000436880004248147B3FA0000040100000405000003FC000003F0000003F0000003F000000",
                "3F7AE148",
                "449A500000000000000000000000000041440000",
            ),
        ),
    ),
)
