"""A reservoir or sluice station: levels above and below, outflow, the gates."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden

MODEL: Final = DeviceModel(
    vendor="generic",
    model="sl651-reservoir",
    what="reservoir or sluice station: levels above and below, outflow, gate opening, rain, supply voltage; SL 651",
    use="level, flow and rain",
    manual="SL 651-2014 Table C.1",
    elements=(
        "ZU",
        "ZB",
        "QA",
        "GH",
        "PJ",
        "PT",
        "VT",
    ),
    golden=(
        Golden(
            {"water_level/ZU": 12.345, "battery_voltage": 11.82},
            source="made from tests/golden/sl651/found.json, found-sl651-002, with ZU for Z",
            frame="7E7E010040803540000037002B02FCA7170206163612F1F1004080354050F0F01702061636201900000026190131433B230001234538121182039E7D",
        ),
    ),
)
