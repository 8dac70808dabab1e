"""A gas alarm of IPSO objects: concentration in per cent of the lower explosive limit, alarm as digital input 0."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.lwm2m_resources import ResourceRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="lwm2m-gas",
    what="gas alarm: alarm, concentration in % of the lower explosive limit; LwM2M (NB-IoT)",
    use="bins, smoke and manholes",
    manual="IPSO concentration (OMA object 3325) and digital input (3200)",
    sources=("OpenMobileAlliance/lwm2m-registry",),
    resources=(
        ResourceRow("/3200/0/5500", "gas_alarm"),
        ResourceRow("/3325/0/5700", "combustible_gas", unit="%"),
    ),
    golden=(
        Golden(
            {"gas_alarm": 0.0, "combustible_gas": 1.5},
            source="made by hand from the objects' definitions",
            resources={"/3200/0/5500": 0.0, "/3325/0/5700": 1.5},
        ),
    ),
)
