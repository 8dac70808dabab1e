"""A water meter with the object of uCIFI: 3424 water meter."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.lwm2m_resources import ResourceRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="lwm2m-water-meter",
    what="water meter: volume, battery, signal; LwM2M (NB-IoT)",
    use="water and heat meters",
    manual="uCIFI data model, OMA object 3424",
    sources=("OpenMobileAlliance/lwm2m-registry",),
    resources=(
        ResourceRow("/3424/0/1", "water_volume"),
        ResourceRow("/3411/0/1", "battery_level"),
        ResourceRow("/3412/0/20", "signal_strength"),
    ),
    golden=(
        Golden(
            {"water_volume": 123.456, "battery_level": 99.0, "signal_strength": -90.0},
            source="made by hand from the objects' definitions",
            resources={"/3424/0/1": 123.456, "/3411/0/1": 99.0, "/3412/0/20": -90.0},
        ),
    ),
)
