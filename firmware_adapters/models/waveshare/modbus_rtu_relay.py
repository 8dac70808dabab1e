"""Waveshare Modbus RTU Relay, eight channels: the coils are the relays."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="Waveshare",
    model="Modbus RTU Relay",
    what="relay board with eight channels, for contactors of lighting circuits (may be set); Modbus RTU",
    use="lamps and cabinets",
    manual="Waveshare wiki, Modbus RTU Relay, development protocol V2",
    sources=("public source code (coils, functions 01, 05 and 0F, with frames)",),
    registers=(
        RegisterRow("relay_closed", 0, "bit", table="coil", channel="1", writable=True),
        RegisterRow("relay_closed", 1, "bit", table="coil", channel="2", writable=True),
        RegisterRow("relay_closed", 2, "bit", table="coil", channel="3", writable=True),
        RegisterRow("relay_closed", 3, "bit", table="coil", channel="4", writable=True),
        RegisterRow("relay_closed", 4, "bit", table="coil", channel="5", writable=True),
        RegisterRow("relay_closed", 5, "bit", table="coil", channel="6", writable=True),
        RegisterRow("relay_closed", 6, "bit", table="coil", channel="7", writable=True),
        RegisterRow("relay_closed", 7, "bit", table="coil", channel="8", writable=True),
    ),
    golden=(
        Golden(
            {
                "relay_closed/1": 1.0,
                "relay_closed/2": 0.0,
                "relay_closed/3": 1.0,
                "relay_closed/4": 0.0,
                "relay_closed/5": 0.0,
                "relay_closed/6": 0.0,
                "relay_closed/7": 0.0,
                "relay_closed/8": 0.0,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=("05",),
        ),
    ),
)
