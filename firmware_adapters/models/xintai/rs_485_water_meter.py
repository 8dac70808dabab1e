"""Xintai water meter with a valve: floats with the lowest byte first; options (pressure, temperature) are left out."""

from functools import partial
from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

_float = partial(RegisterRow, kind="f32", order="DCBA")
_bit = partial(RegisterRow, kind="bits", width=1)

MODEL: Final = DeviceModel(
    vendor="Xintai",
    model="RS-485 water meter",
    what="water meter with a valve: volumes, flow, battery, valve's positions; Modbus RTU",
    use="water and heat meters",
    manual="Kaifeng Xintai Valve, Water Meter MODBUS 485 protocol V1",
    sources=("public source code (map and an example of the protocol, in a driver of PouCon)",),
    registers=(
        _float("water_volume", 1),
        _float("water_volume", 3, channel="negative"),
        _float("water_flow", 5, unit="m3/h"),
        _float("battery_voltage", 0x1A),
        _bit("end_position", 0x1C, low_bit=0, channel="open"),
        _bit("end_position", 0x1C, low_bit=1, channel="closed"),
        _bit("fault_signal", 0x1C, low_bit=2, channel="valve"),
    ),
    golden=(
        Golden(
            {
                "water_volume": 1234.5,
                "water_volume/negative": 0.25,
                "water_flow": 0.00015138887777777776,
                "battery_voltage": 3.6,
                "end_position/open": 1.0,
                "end_position/closed": 0.0,
                "fault_signal/valve": 0.0,
            },
            source="the protocol's example 1E850B3F is 0.54499996 m3/h, printed as 0.545; the others by hand",
            registers=(
                "00509A440000803E1E850B3F",
                "666666400001",
            ),
        ),
    ),
)
