"""Chint DTSU666, connected directly: floats that are counted in tenths of V and W, mA and hundredths of Hz.

The ratio of current transformers is not applied here.
"""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32")

MODEL: Final = DeviceModel(
    vendor="Chint",
    model="DTSU666",
    what="three-phase meter: voltages, currents, powers, power factor, frequency, energy in and out; Modbus RTU",
    use="electricity",
    manual="Chint DTSU666 DSSU666 user manual, Modbus register list",
    sources=("volkszaehler/mbmd, meters/rs485/dtsu666.go",),
    registers=(
        _row("voltage", 0x2000, channel="a", divisor=10),
        _row("voltage", 0x2002, channel="b", divisor=10),
        _row("voltage", 0x2004, channel="c", divisor=10),
        _row("current", 0x200C, channel="a", divisor=1000),
        _row("current", 0x200E, channel="b", divisor=1000),
        _row("current", 0x2010, channel="c", divisor=1000),
        _row("active_power", 0x2012, divisor=10),
        _row("active_power", 0x2014, channel="a", divisor=10),
        _row("active_power", 0x2016, channel="b", divisor=10),
        _row("active_power", 0x2018, channel="c", divisor=10),
        _row("power_factor", 0x202A, divisor=1000),
        _row("frequency", 0x2044, divisor=100),
        _row("active_energy", 0x101E),
        _row("active_energy", 0x1028, channel="export"),
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
                "active_power": 1500.0,
                "active_power/a": 500.0,
                "active_power/b": 500.0,
                "active_power/c": 500.0,
                "power_factor": 0.98,
                "frequency": 50.02,
                "active_energy": 1234.5,
                "active_energy/export": 12.25,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "449A50000000000000000000000000000000000041440000",
                (
                    "451010004510B00045115000000000000000000000000000449C4000450CA000454B2000466A6000459C4000"
                    "459C4000459C4000"
                ),
                "44750000",
                "459C5000",
            ),
        ),
    ),
)
