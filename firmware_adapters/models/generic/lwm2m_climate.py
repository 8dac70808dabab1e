"""A climate node of IPSO objects: 3303 temperature, 3304 humidity, 3315 barometer, 3301 illuminance, 3324 loudness."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.lwm2m_resources import ResourceRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="lwm2m-climate",
    what="climate node: temperature, humidity, pressure, light, noise; LwM2M (NB-IoT)",
    use="weather",
    manual="IPSO Smart Objects, OMA objects 3301, 3303, 3304, 3315 and 3324",
    sources=("OpenMobileAlliance/lwm2m-registry",),
    resources=(
        ResourceRow("/3303/0/5700", "air_temperature"),
        ResourceRow("/3304/0/5700", "relative_humidity"),
        ResourceRow("/3315/0/5700", "air_pressure"),
        ResourceRow("/3301/0/5700", "illuminance"),
        ResourceRow("/3324/0/5700", "noise"),
    ),
    golden=(
        Golden(
            {
                "air_temperature": 21.5,
                "relative_humidity": 55.0,
                "air_pressure": 1013.25,
                "illuminance": 300.0,
                "noise": 48.5,
            },
            source="made by hand from the objects' definitions",
            resources={
                "/3303/0/5700": 21.5,
                "/3304/0/5700": 55.0,
                "/3315/0/5700": 1013.25,
                "/3301/0/5700": 300.0,
                "/3324/0/5700": 48.5,
            },
        ),
    ),
)
