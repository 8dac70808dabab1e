"""A manhole cover's sensor with OMA object 3408."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.lwm2m_resources import ResourceRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="lwm2m-manhole",
    what="manhole-cover sensor: cover open, battery, signal; LwM2M (NB-IoT)",
    use="bins, smoke and manholes",
    manual="OMA object 3408 manhole cover, objects 3411 and 3412",
    sources=("OpenMobileAlliance/lwm2m-registry",),
    resources=(
        ResourceRow("/3408/0/3", "cover_open"),
        ResourceRow("/3411/0/1", "battery_level"),
        ResourceRow("/3412/0/20", "signal_strength"),
    ),
    golden=(
        Golden(
            {"cover_open": 1.0, "battery_level": 88.0, "signal_strength": -101.0},
            source="made by hand from the objects' definitions",
            resources={"/3408/0/3": 1.0, "/3411/0/1": 88.0, "/3412/0/20": -101.0},
        ),
    ),
)
