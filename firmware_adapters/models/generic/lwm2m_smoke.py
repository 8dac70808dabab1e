"""A smoke alarm of IPSO objects: there is no object for smoke, so its alarm is digital input 0."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.lwm2m_resources import ResourceRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="lwm2m-smoke",
    what="smoke alarm: alarm, battery; LwM2M (NB-IoT)",
    use="bins, smoke and manholes",
    manual="IPSO digital input (OMA object 3200), OMA object 3 (battery level)",
    sources=("OpenMobileAlliance/lwm2m-registry",),
    resources=(
        ResourceRow("/3200/0/5500", "smoke_alarm"),
        ResourceRow("/3/0/9", "battery_level"),
    ),
    golden=(
        Golden(
            {"smoke_alarm": 1.0, "battery_level": 80.0},
            source="made by hand from the objects' definitions",
            resources={"/3200/0/5500": 1.0, "/3/0/9": 80.0},
        ),
    ),
)
