"""A rain station."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden

MODEL: Final = DeviceModel(
    vendor="generic",
    model="sl651-rain",
    what="rain station: rain since the day began, of 5 minutes and of an hour, total, supply voltage; SL 651",
    use="level, flow and rain",
    manual="SL 651-2014 Table C.1",
    elements=(
        "PJ",
        "PN05",
        "P1",
        "PT",
        "VT",
    ),
    golden=(
        Golden(
            {"rainfall/PN05": 0.0, "sl651_pj": 3.5, "battery_voltage": 12.44},
            source="tests/golden/sl651/frames.json, pub-sl651-028",
            frame="7E7E011122334455AAAA320032020003240109153000F1F1112233445548F0F02401091530221900000020190000353923AAAAAAAAFF11230000000838121244030827",
        ),
    ),
)
