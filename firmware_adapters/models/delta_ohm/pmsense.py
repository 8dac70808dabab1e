"""Delta OHM PMsense and PMBsense: particles in tenths of ug/m3, averaged as the instrument is set."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="Delta OHM",
    model="PMsense",
    what="dust monitor: PM1, PM2.5, PM10; Modbus RTU, 19200 8E1 as delivered",
    use="dust, gas and noise",
    manual="Delta OHM PMsense manual V1.0, 6 Modbus-RTU protocol, p. 15; PMBsense V1.3, p. 15",
    sources=("manualshive.com, Delta OHM PMsense and PMBsense, p. 15 (addresses from 0)",),
    registers=(
        RegisterRow("pm1", 3, divisor=10, table="input"),
        RegisterRow("pm2_5", 4, divisor=10, table="input"),
        RegisterRow("pm10", 5, divisor=10, table="input"),
    ),
    golden=(
        Golden(
            {"pm1": 8.5, "pm2_5": 12.5, "pm10": 20.5},
            source="made by hand from the manual's table; no capture is known",
            registers=("0055007D00CD",),
        ),
    ),
)
