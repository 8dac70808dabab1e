"""A river station: level, flow and velocity beside the rain."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden

MODEL: Final = DeviceModel(
    vendor="generic",
    model="sl651-river",
    what="river station: water level, flow, velocity, rain, supply voltage; SL 651",
    use="level, flow and rain",
    manual="SL 651-2014 Table C.1",
    elements=(
        "Z",
        "Q",
        "VJ",
        "PJ",
        "PT",
        "P1",
        "VT",
    ),
    golden=(
        Golden(
            {"water_level": 998.099, "battery_voltage": 11.82, "sl651_pt": 1314.3},
            source="captured: tests/golden/sl651/found.json, found-sl651-002",
            frame="7E7E010040803540000037002B02FCA7170206163612F1F1004080354050F0F01702061636201900000026190131433923009980993812118203BAFE",
        ),
    ),
)
