"""Peacefair PZEM-016 (RS-485; PZEM-004T V3 with TTL has the same map): the low word of 32 bits comes first."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="Peacefair",
    model="PZEM-016",
    what="single-phase energy module: voltage, current, power, energy, frequency, power factor; Modbus RTU",
    use="electricity",
    manual="Peacefair PZEM-014/016 user manual, table of the measurement registers",
    sources=(
        "esphome/esphome, components/pzemac (captured answer)",
        "jabastien/STM32_PZEM016, README.md (table)",
    ),
    registers=(
        RegisterRow("voltage", 0, divisor=10, table="input"),
        RegisterRow("current", 1, "u32", "CDAB", divisor=1000, table="input"),
        RegisterRow("active_power", 3, "u32", "CDAB", divisor=10, table="input"),
        RegisterRow("active_energy", 5, "u32", "CDAB", table="input", unit="W.h"),
        RegisterRow("frequency", 7, divisor=10, table="input"),
        RegisterRow("power_factor", 8, divisor=100, table="input"),
    ),
    golden=(
        Golden(
            {
                "voltage": 225.7,
                "current": 0.108,
                "active_power": 24.4,
                "active_energy": 0.038,
                "frequency": 50.0,
                "power_factor": 1.0,
            },
            source="captured (esphome, pzemac): 01041408D1006C000000F400000026000001F4006400005134",
            registers=("08D1006C000000F400000026000001F40064",),
        ),
    ),
)
