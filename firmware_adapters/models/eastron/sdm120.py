"""Eastron SDM120: one phase; the places of the SDM630, as far as there is one phase."""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_float = partial(RegisterRow, kind="f32", table="input")

MODEL: Final = DeviceModel(
    vendor="Eastron",
    model="SDM120",
    what="single-phase meter: voltage, current, power, power factor, frequency, energy in and out; Modbus RTU",
    use="electricity",
    manual="Eastron SDM120 Modbus manual, register map",
    sources=(
        "volkszaehler/mbmd, meters/rs485/sdm120.go",
        "arendst/Tasmota, SDM120 driver",
    ),
    registers=(
        _float("voltage", 0x0000),
        _float("current", 0x0006),
        _float("active_power", 0x000C),
        _float("power_factor", 0x001E),
        _float("frequency", 0x0046),
        _float("active_energy", 0x0048),
        _float("active_energy", 0x004A, channel="export"),
    ),
    golden=(
        Golden(
            {
                "voltage": 230.2,
                "current": 1.26,
                "active_power": 289.5,
                "power_factor": 0.99,
                "frequency": 50.02,
                "active_energy": 1234.567,
                "active_energy/export": 12.5,
            },
            source="43663334 is 230.2 V in a captured answer (Tasmota); the other floats are made by hand",
            registers=(
                "4366333300000000000000003FA147AE00000000000000004390C000",
                "3F7D70A4",
                "4248147B449A522541480000",
            ),
        ),
    ),
)
