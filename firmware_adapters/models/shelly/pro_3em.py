"""Shelly Pro 3EM with the profile triphase; the register 31013 of the manual is address 1013.

Of the word order sources disagree: who measured it says low word first, a simulator writes the high word first.
"""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32", table="input", order="CDAB")

MODEL: Final = DeviceModel(
    vendor="Shelly",
    model="Pro 3EM",
    what="three-phase meter: voltages, currents, powers, power factors, frequency; Modbus TCP",
    use="electricity",
    manual="Shelly Gen2 device API, component EM, Modbus registers",
    sources=(
        "public source code (places, in a simulator)",
        "public source code (the float's low word comes first, measured)",
    ),
    registers=(
        _row("current", 0x03F3),
        _row("active_power", 0x03F5),
        _row("voltage", 0x03FC, channel="a"),
        _row("current", 0x03FE, channel="a"),
        _row("active_power", 0x0400, channel="a"),
        _row("power_factor", 0x0404, channel="a"),
        _row("frequency", 0x0409, channel="a"),
        _row("voltage", 0x0410, channel="b"),
        _row("current", 0x0412, channel="b"),
        _row("active_power", 0x0414, channel="b"),
        _row("power_factor", 0x0418, channel="b"),
        _row("frequency", 0x041D, channel="b"),
        _row("voltage", 0x0424, channel="c"),
        _row("current", 0x0426, channel="c"),
        _row("active_power", 0x0428, channel="c"),
        _row("power_factor", 0x042C, channel="c"),
        _row("frequency", 0x0431, channel="c"),
    ),
    golden=(
        Golden(
            {
                "current": 3.75,
                "active_power": 871.5,
                "voltage/a": 230.5,
                "current/a": 1.25,
                "active_power/a": 290.5,
                "power_factor/a": 0.98,
                "frequency/a": 50.0,
                "voltage/b": 231.5,
                "current/b": 1.25,
                "active_power/b": 290.5,
                "power_factor/b": 0.98,
                "frequency/b": 50.0,
                "voltage/c": 232.5,
                "current/c": 1.25,
                "active_power/c": 290.5,
                "power_factor/c": 0.98,
                "frequency/c": 50.0,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                (
                    "00004070E0004459000000000000000000008000436600003FA04000439100000000E1483F7A000000000000"
                    "00004248000000000000000000008000436700003FA04000439100000000E1483F7A00000000000000004248"
                    "000000000000000000008000436800003FA04000439100000000E1483F7A00000000000000004248"
                ),
            ),
        ),
    ),
)
