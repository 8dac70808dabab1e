"""A three-phase electricity meter, by the standard's own items."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.meter_models import Dlt645Model

MODEL: Final = DeviceModel(
    vendor="generic",
    model="three-phase",
    what="three-phase electricity meter: energy, voltages, currents, powers, power factors, frequency; DL/T 645",
    use="electricity",
    manual="DL/T 645-2007 Appendix A (items)",
    dlt645=Dlt645Model((0x0001_0000, 0x0201_FF00, 0x0202_FF00, 0x0203_FF00, 0x0206_FF00, 0x0280_0002)),
    golden=(
        Golden(
            {"voltage/a": 224.8},
            source="tests/golden/dlt645/frames.json, pub-dlt645-014",
            frame="68943521908855689106333434357B555E16",
        ),
        Golden(
            {"active_energy": 1234.56},
            source="tests/golden/dlt645/frames.json, pub-dlt645-024",
            frame="FEFE6812907856341268910833333433896745335416",
        ),
    ),
)
