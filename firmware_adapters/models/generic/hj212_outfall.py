"""A sewage outfall: flow and the factors of a pollution source."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.hj212_factors import FactorRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="hj212-outfall",
    what="sewage outfall: flow, pH, COD, ammonia, phosphorus, nitrogen; HJ 212",
    use="sluices, pumps and sewage",
    manual="HJ 212-2017 Table B.1",
    factors=(
        FactorRow("w00000", "water_flow", unit="L/s"),
        FactorRow("w01001", "ph"),
        FactorRow("w01018", "cod"),
        FactorRow("w21003", "ammonia_nitrogen"),
        FactorRow("w21011", "total_phosphorus"),
        FactorRow("w21001", "total_nitrogen"),
    ),
    golden=(
        Golden(
            {
                "water_flow": 0.0123,
                "ph": 7.2,
                "cod": 35.5,
                "ammonia_nitrogen": 1.2,
                "total_phosphorus": 0.25,
                "total_nitrogen": 8.1,
            },
            source="made by hand from Table B.1",
            factors={
                "w00000": "12.3",
                "w01001": "7.2",
                "w01018": "35.5",
                "w21003": "1.2",
                "w21011": "0.25",
                "w21001": "8.1",
            },
        ),
    ),
)
