"""An automatic surface-water station: the factors that such stations send, as Table B.1 has them."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.hj212_factors import FactorRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="hj212-surface-water",
    what="surface-water station: temperature, pH, oxygen, conductivity, turbidity, CODMn, nutrients; HJ 212",
    use="water quality",
    manual="HJ 212-2017 Table B.1; HJ 915-2017 (factors of automatic surface-water monitoring)",
    factors=(
        FactorRow("w01010", "water_temperature"),
        FactorRow("w01001", "ph"),
        FactorRow("w01009", "dissolved_oxygen"),
        FactorRow("w01014", "conductivity"),
        FactorRow("w01003", "turbidity"),
        FactorRow("w01019", "cod_mn"),
        FactorRow("w21003", "ammonia_nitrogen"),
        FactorRow("w21011", "total_phosphorus"),
        FactorRow("w21001", "total_nitrogen"),
    ),
    golden=(
        Golden(
            {
                "water_temperature": 23.1,
                "ph": 7.64,
                "dissolved_oxygen": 6.6,
                "conductivity": 300.0,
                "turbidity": 17.0,
                "cod_mn": 1.4,
                "ammonia_nitrogen": 0.16,
                "total_phosphorus": 0.042,
                "total_nitrogen": 3.04,
            },
            source="tests/golden/hj212/frames.json, pub-hj212-012",
            factors={
                "w01010": "23.1",
                "w01001": "7.64",
                "w01009": "6.60",
                "w01014": "300",
                "w01003": "17",
                "w01019": "1.4",
                "w21003": "0.16",
                "w21011": "0.042",
                "w21001": "3.04",
            },
        ),
    ),
)
