"""TUF-2000M, TUF-2000F and TUF-2000B: register 0001 of the table is address 0; the low word comes first."""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_row = partial(RegisterRow, kind="f32", order="CDAB")

MODEL: Final = DeviceModel(
    vendor="TUF",
    model="TUF-2000M",
    what="clamp-on ultrasonic flow meter: flow, velocity, volumes; Modbus RTU",
    use="level, flow and rain",
    manual="TUF-2000M user manual, 5.1.1 Modbus registers table",
    sources=(
        "manualslib.com, TUF-2000F user manual, p. 21 (table)",
        "public source code (word order and accumulators on the device)",
    ),
    registers=(
        _row("water_flow", 0, unit="m3/h"),
        _row("water_velocity", 4),
        _row("water_volume", 112),
        _row("water_volume", 114, channel="positive"),
        _row("water_volume", 116, channel="negative"),
    ),
    golden=(
        Golden(
            {
                "water_flow": 0.01,
                "water_velocity": 1.25,
                "water_volume": 1234.5,
                "water_volume/positive": 1240.5,
                "water_volume/negative": 6.0,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=(
                "000042100000000000003FA0",
                "5000449A1000449B000040C0",
            ),
        ),
    ),
)
