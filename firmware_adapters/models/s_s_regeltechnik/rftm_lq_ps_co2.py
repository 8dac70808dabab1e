"""S+S AERASGARD RFTM-LQ-PS-CO2-Modbus: filtered values; register 3x0001 is address 0; metric, particles as PM2.5."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="S+S Regeltechnik",
    model="RFTM-LQ-PS-CO2",
    what="air sensor: CO2, temperature, humidity, PM2.5; Modbus RTU",
    use="dust, gas and noise",
    manual="S+S Regeltechnik AERASGARD RFTM-LQ-PS-CO2-Modbus manual, p. 24, function 04",
    sources=("manualshive.com, S+S AERASGARD RCO2, p. 24",),
    registers=(
        RegisterRow("co2", 1, "s16", table="input", low=350.0, high=5000.0),
        RegisterRow("air_temperature", 5, "s16", divisor=10, table="input", low=0.0, high=50.0),
        RegisterRow("relative_humidity", 7, "s16", divisor=10, table="input", low=0.0, high=100.0),
        RegisterRow("pm2_5", 14, "s16", table="input", low=0.0, high=1000.0),
    ),
    golden=(
        Golden(
            {"co2": 612.0, "air_temperature": 21.5, "relative_humidity": 45.5, "pm2_5": 12.0},
            source="made by hand from the manual's table; no capture is known",
            registers=("026400000000000000D7000001C7000000000000000000000000000C",),
        ),
    ),
)
