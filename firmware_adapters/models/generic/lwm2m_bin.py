"""A waste bin's level sensor with the object of uCIFI: 3435 filling level."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.lwm2m_resources import ResourceRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="lwm2m-bin",
    what="waste-bin sensor: fill level, lid, battery, signal; LwM2M (NB-IoT)",
    use="bins, smoke and manholes",
    manual="uCIFI data model, OMA objects 3435, 3411 and 3412",
    sources=("OpenMobileAlliance/lwm2m-registry",),
    resources=(
        ResourceRow("/3435/0/2", "fill_level"),
        ResourceRow("/3435/0/21", "cover_open"),
        ResourceRow("/3411/0/1", "battery_level"),
        ResourceRow("/3412/0/20", "signal_strength"),
    ),
    golden=(
        Golden(
            {"fill_level": 72.5, "cover_open": 0.0, "battery_level": 93.0, "signal_strength": -97.0},
            source="made by hand from the objects' definitions",
            resources={"/3435/0/2": 72.5, "/3435/0/21": 0.0, "/3411/0/1": 93.0, "/3412/0/20": -97.0},
        ),
    ),
)
