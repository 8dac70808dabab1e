"""A cold-water meter, by the standard's own layout."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.meter_models import Cjt188Model

MODEL: Final = DeviceModel(
    vendor="generic",
    model="cjt188-water-meter",
    what="cold-water meter: volume; CJ/T 188",
    use="water and heat meters",
    manual="CJ/T 188-2018 (data identifier 901F)",
    cjt188=Cjt188Model(0x10),
    golden=(
        Golden(
            {"water_volume": 0.0},
            source="captured: tests/golden/cjt188/found.json, found-cjt188-011",
            frame="6810880527101520008116901F01000000002C000000002C0620170901172000008E16",
        ),
    ),
)
