"""Eastron SDM630: three phases, floats in input registers."""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_float = partial(RegisterRow, kind="f32", table="input")

MODEL: Final = DeviceModel(
    vendor="Eastron",
    model="SDM630",
    what="three-phase meter: voltages, currents, powers, power factors, frequency, energy in and out; Modbus RTU",
    use="electricity",
    manual="Eastron SDM630 Modbus, register map (SDM630Register.pdf)",
    sources=(
        "volkszaehler/mbmd, meters/rs485/sdm.go",
        "arendst/Tasmota, SDM630 driver (43663334 is 230.2 V)",
    ),
    registers=(
        _float("voltage", 0x0000, channel="a"),
        _float("voltage", 0x0002, channel="b"),
        _float("voltage", 0x0004, channel="c"),
        _float("current", 0x0006, channel="a"),
        _float("current", 0x0008, channel="b"),
        _float("current", 0x000A, channel="c"),
        _float("active_power", 0x000C, channel="a"),
        _float("active_power", 0x000E, channel="b"),
        _float("active_power", 0x0010, channel="c"),
        _float("power_factor", 0x001E, channel="a"),
        _float("power_factor", 0x0020, channel="b"),
        _float("power_factor", 0x0022, channel="c"),
        _float("active_power", 0x0034),
        _float("power_factor", 0x003E),
        _float("frequency", 0x0046),
        _float("active_energy", 0x0048),
        _float("active_energy", 0x004A, channel="export"),
    ),
    golden=(
        Golden(
            {
                "voltage/a": 230.2,
                "voltage/b": 231.2,
                "voltage/c": 232.2,
                "current/a": 1.26,
                "current/b": 2.26,
                "current/c": 3.26,
                "active_power/a": 289.5,
                "active_power/b": 290.5,
                "active_power/c": 291.5,
                "power_factor/a": 0.99,
                "power_factor/b": 0.99,
                "power_factor/c": 0.99,
                "active_power": 871.5,
                "power_factor": 0.98,
                "frequency": 50.02,
                "active_energy": 1234.567,
                "active_energy/export": 12.5,
            },
            source="43663334 is 230.2 V in a captured answer (Tasmota); the other floats are made by hand",
            registers=(
                "4366333343673333436833333FA147AE4010A3D74050A3D74390C000439140004391C000",
                "3F7D70A43F7D70A43F7D70A4",
                ("4459E000000000000000000000000000000000003F7AE1480000000000000000000000004248147B449A522541480000"),
            ),
        ),
    ),
)
