"""An ambient-air station: six pollutants and the weather; gases in ug/m3, as such stations send them.

Table B.2 says mg/m3 of gases and ng/m3 of particles; a station that keeps to it needs gas_unit and pm_unit instead.
"""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.hj212_factors import FactorRow

MODEL: Final = DeviceModel(
    vendor="generic",
    model="hj212-air",
    what="air station: SO2, NO2, NO, O3, CO, PM2.5, PM10, temperature, humidity, pressure, wind; HJ 212",
    use="dust, gas and noise",
    manual="HJ 212-2017 Table B.2; units as stations in the field use them (GB 3095-2012)",
    factors=(
        FactorRow("a21026", "so2", unit="ug/m3"),
        FactorRow("a21004", "no2", unit="ug/m3"),
        FactorRow("a21003", "no", unit="ug/m3"),
        FactorRow("a05024", "o3", unit="ug/m3"),
        FactorRow("a21005", "co", unit="mg/m3"),
        FactorRow("a34004", "pm2_5", unit="ug/m3"),
        FactorRow("a34002", "pm10", unit="ug/m3"),
        FactorRow("a01001", "air_temperature"),
        FactorRow("a01002", "relative_humidity"),
        FactorRow("a01006", "air_pressure", unit="kPa"),
        FactorRow("a01007", "wind_speed"),
        FactorRow("a01008", "wind_direction"),
    ),
    golden=(
        Golden(
            {
                "so2": 58.0,
                "no2": 112.0,
                "no": 4.0,
                "o3": 63.4,
                "co": 1.1,
                "pm2_5": 207.0,
                "pm10": 295.0,
                "air_temperature": 12.6,
                "relative_humidity": 32.0,
                "air_pressure": 1016.2,
                "wind_speed": 2.1,
                "wind_direction": 90.0,
            },
            source="tests/golden/hj212/frames.json, pub-hj212-002 and -005 (pressure); NO, O3, direction by hand",
            factors={
                "a21026": "58",
                "a21004": "112",
                "a21003": "4",
                "a05024": "63.4",
                "a21005": "1.1",
                "a34004": "207",
                "a34002": "295",
                "a01001": "12.6",
                "a01002": "32",
                "a01006": "101.620",
                "a01007": "2.1",
                "a01008": "90",
            },
        ),
    ),
)
