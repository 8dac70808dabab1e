"""A dust and noise station of a building site or a street: particles in ug/m3."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.hj212_factors import FactorRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="hj212-dust-noise",
    what="dust and noise station: TSP, PM10, PM2.5, noise, temperature, humidity, wind; HJ 212",
    use="dust, gas and noise",
    manual="HJ 212-2017 Tables B.2 and B.3; units as stations in the field use them",
    factors=(
        FactorRow("a34001", "tsp", unit="ug/m3"),
        FactorRow("a34002", "pm10", unit="ug/m3"),
        FactorRow("a34004", "pm2_5", unit="ug/m3"),
        FactorRow("LA", "noise"),
        FactorRow("a01001", "air_temperature"),
        FactorRow("a01002", "relative_humidity"),
        FactorRow("a01007", "wind_speed"),
        FactorRow("a01008", "wind_direction"),
    ),
    golden=(
        Golden(
            {
                "tsp": 0.0,
                "pm10": 83.0,
                "pm2_5": 103.0,
                "noise": 52.1,
                "air_temperature": 32.0,
                "relative_humidity": 45.3,
                "wind_speed": 0.5,
                "wind_direction": 90.0,
            },
            source="captured 2018-04-24 (public source code)",
            factors={
                "a34001": "0.0",
                "a34002": "83.0",
                "a34004": "103.0",
                "LA": "52.1",
                "a01001": "32.0",
                "a01002": "45.3",
                "a01007": "0.5",
                "a01008": "90",
            },
        ),
    ),
)
