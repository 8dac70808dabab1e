"""Carlo Gavazzi EM24 with RS-485: signed 32 bits, the low word first."""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="s32", table="input", order="CDAB")

MODEL: Final = DeviceModel(
    vendor="Carlo Gavazzi",
    model="EM24",
    what="three-phase meter: voltages, currents, powers, power factor, frequency, energy in and out; Modbus RTU",
    use="electricity",
    manual="Carlo Gavazzi EM24-DIN serial communication protocol",
    sources=("volkszaehler/mbmd, meters/rs485/carlogavazzi-em24.go",),
    registers=(
        _row("voltage", 0, channel="a", divisor=10),
        _row("voltage", 2, channel="b", divisor=10),
        _row("voltage", 4, channel="c", divisor=10),
        _row("current", 12, channel="a", divisor=1000),
        _row("current", 14, channel="b", divisor=1000),
        _row("current", 16, channel="c", divisor=1000),
        _row("active_power", 18, channel="a", divisor=10),
        _row("active_power", 20, channel="b", divisor=10),
        _row("active_power", 22, channel="c", divisor=10),
        _row("active_power", 40, divisor=10),
        RegisterRow("power_factor", 53, "s16", divisor=1000, table="input"),
        RegisterRow("frequency", 55, "s16", divisor=10, table="input"),
        _row("active_energy", 66, divisor=10),
        _row("active_energy", 92, channel="export", divisor=10),
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
                "active_power/a": -500.5,
                "active_power/b": -500.5,
                "active_power/c": -500.5,
                "active_power": -1501.5,
                "power_factor": -0.98,
                "frequency": 50.1,
                "active_energy": 1234.5,
                "active_energy/export": 12.3,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                ("09010000090B00000915000000000000000000000000000004E2000008CA00000CB20000EC73FFFFEC73FFFFEC73FFFF"),
                "C559FFFF",
                "FC2C000001F5",
                "30390000",
                "007B0000",
            ),
        ),
    ),
)
