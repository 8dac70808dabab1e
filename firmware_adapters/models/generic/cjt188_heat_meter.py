"""A heat meter, by the standard's own layout; some makers send their own type, 25H."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.meter_models import Cjt188Model

MODEL: Final = DeviceModel(
    vendor="generic",
    model="cjt188-heat-meter",
    what="heat meter: energy, flow, volume, temperatures; CJ/T 188",
    use="water and heat meters",
    manual="CJ/T 188-2018 (data identifier 901F)",
    cjt188=Cjt188Model(0x20),
    golden=(
        Golden(
            {
                "heat_energy": 0.0,
                "water_flow": 0.0,
                "water_volume": 0.0,
                "water_temperature/supply": 23.02,
                "water_temperature/return": 23.11,
            },
            source="captured: tests/golden/cjt188/found.json, found-cjt188-002",
            frame="FEFE682013470612007400812E1F90000000000005000000000500000000170000000035000000002C022300112300345800094912050923200008F016",
        ),
    ),
)
