"""A three-phase electricity meter of the edition of 1997."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.meter_models import Dlt645Model

MODEL: Final = DeviceModel(
    vendor="generic",
    model="three-phase-1997",
    what="three-phase electricity meter: energy, voltages, power; DL/T 645-1997",
    use="electricity",
    manual="DL/T 645-1997 Appendix A (items)",
    dlt645=Dlt645Model((0x9010, 0xB611, 0xB612, 0xB613, 0xB630), "1997"),
    golden=(
        Golden(
            {"active_energy": 2463.48},
            source="captured: tests/golden/dlt645/found.json, found-dlt645-001",
            frame="6843973514000068810643C37B9657331B16",
        ),
    ),
)
