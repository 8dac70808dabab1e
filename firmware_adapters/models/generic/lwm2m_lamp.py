"""A single-lamp controller with the objects of uCIFI: 3416 outdoor lamp controller, 3418 electrical monitor.

What is commanded (resource 1) and what the lamp does (resource 3) are two series: rules and commands set the first.
"""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.lwm2m_resources import ResourceRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="lwm2m-lamp",
    what="single-lamp controller: level (may be set), hours, voltage, current, power, energy; LwM2M (NB-IoT)",
    use="lamps and cabinets",
    manual="uCIFI data model, OMA objects 3416 and 3418",
    sources=("OpenMobileAlliance/lwm2m-registry",),
    resources=(
        ResourceRow("/3416/0/1", "lamp_level", writable=True),
        ResourceRow("/3416/0/3", "lamp_level", "actual"),
        ResourceRow("/3416/0/15", "lamp_hours"),
        ResourceRow("/3418/0/1", "voltage"),
        ResourceRow("/3418/0/2", "current"),
        ResourceRow("/3418/0/3", "frequency"),
        ResourceRow("/3418/0/4", "active_power"),
        ResourceRow("/3418/0/5", "power_factor"),
        ResourceRow("/3418/0/6", "active_energy", unit="W.h"),
    ),
    golden=(
        Golden(
            {
                "lamp_level": 60.0,
                "lamp_level/actual": 58.0,
                "lamp_hours": 1234.0,
                "voltage": 230.2,
                "current": 0.41,
                "frequency": 50.0,
                "active_power": 90.0,
                "power_factor": 0.95,
                "active_energy": 12.345,
            },
            source="made by hand from the objects' definitions",
            resources={
                "/3416/0/1": 60.0,
                "/3416/0/3": 58.0,
                "/3416/0/15": 1234.0,
                "/3418/0/1": 230.2,
                "/3418/0/2": 0.41,
                "/3418/0/3": 50.0,
                "/3418/0/4": 90.0,
                "/3418/0/5": 0.95,
                "/3418/0/6": 12345.0,
            },
        ),
    ),
)
