"""One datastream as a sensor of Home Assistant: its discovery message and its states (MQTT discovery, `sensor`)."""

from importlib.metadata import version
from typing import Final, NamedTuple

import msgspec

from cloud.registry.datastreams import Datastream
from protocols.vocabulary import OBSERVED_PROPERTIES

UNITS: Final[dict[str, str | None]] = {
    "1": None,
    "[pH]": None,
    "Cel": "°C",
    "[NTU]": "NTU",
    "[ppm]": "ppm",
    "deg": "°",
    "dB[mW]": "dBm",
    "kW.h": "kWh",
    "ug/m3": "µg/m³",
    "mg/m3": "mg/m³",
    "uS/cm": "µS/cm",
    "ug/L": "µg/L",
    "m3": "m³",
    "m3/s": "m³/s",
    "W/m2": "W/m²",
}
"""As Home Assistant writes them; others as they are. None: it wants no unit there."""
CLASSES: Final[dict[str, str]] = {
    **dict.fromkeys(("water_temperature", "air_temperature", "soil_temperature", "dew_point"), "temperature"),
    **dict.fromkeys(("water_level", "water_depth", "water_distance"), "distance"),
    **dict.fromkeys(("voltage", "battery_voltage"), "voltage"),
    **dict.fromkeys(("wind_speed",), "wind_speed"),
    **dict.fromkeys(("ph", "soil_ph"), "ph"),
    **dict.fromkeys(("conductivity", "soil_conductivity"), "conductivity"),
    "relative_humidity": "humidity",
    "soil_moisture": "moisture",
    "air_pressure": "atmospheric_pressure",
    "water_pressure": "pressure",
    "rain_intensity": "precipitation_intensity",
    "illuminance": "illuminance",
    "solar_radiation": "irradiance",
    "noise": "sound_pressure",
    "pm1": "pm1",
    "pm2_5": "pm25",
    "pm10": "pm10",
    "co2": "carbon_dioxide",
    "current": "current",
    "active_power": "power",
    "power_factor": "power_factor",
    "frequency": "frequency",
    "active_energy": "energy",
    "water_volume": "water",
    "gas_volume": "gas",
    "battery_level": "battery",
    "signal_strength": "signal_strength",
}
"""Observed property -> device class, where Home Assistant takes our unit for it."""
_TOTALS: Final = frozenset({"active_energy", "water_volume", "gas_volume", "heat_energy"})


class State(NamedTuple):
    """The newest reading."""

    time_ms: int
    value: float | None
    quality: int
    reasons: int


class Sensor(NamedTuple):
    """Names and topics of one."""

    prefix: str
    """Of discovery: ``homeassistant``."""
    topic: str
    """Below which the states are: ``yingzhou``."""
    stream: Datastream

    @property
    def object_id(self) -> str:
        """A-Z a-z 0-9 _ -, unique; a channel's dots would be none of these."""
        point = self.stream.point
        channel = point.channel.replace(".", "-dot-")
        return "__".join(filter(None, (point.observed, channel)))

    @property
    def config_topic(self) -> str:
        """Where it is announced, retained."""
        return f"{self.prefix}/sensor/{self.stream.point.source}/{self.object_id}/config"

    @property
    def state_topic(self) -> str:
        """Where its readings are told."""
        return f"{self.topic}/{self.stream.point.source}/{self.object_id}"

    def config(self) -> bytes:
        """The discovery message, JSON."""
        stream, point = self.stream, self.stream.point
        unit = UNITS.get(stream.unit, stream.unit)
        told = {
            "name": " ".join(filter(None, (point.observed.replace("_", " "), point.channel))),
            "unique_id": f"yingzhou_{point.source}_{self.object_id}",
            "state_topic": self.state_topic,
            "value_template": "{{ value_json.value }}",
            "json_attributes_topic": self.state_topic,
            "availability_topic": f"{self.topic}/status",
            "state_class": "total_increasing" if point.observed in _TOTALS else "measurement",
            "device": {
                "identifiers": [point.source],
                "name": stream.name or point.source,
                "model": stream.kind,
                "manufacturer": "Yingzhou",
            },
            "origin": {"name": "Yingzhou", "sw_version": version("yingzhou")},
        }
        if unit is not None:
            told["unit_of_measurement"] = unit
        known = OBSERVED_PROPERTIES.get(point.observed)
        if known is not None and known.unit == stream.unit and point.observed in CLASSES:
            told["device_class"] = CLASSES[point.observed]
        return msgspec.json.encode(told)

    def state(self, state: State, time: str, reasons: list[str]) -> bytes:
        """A reading, JSON; ``value`` is null when it is missing."""
        told = {"value": state.value, "time": time, "quality": state.quality, "reasons": reasons}
        return msgspec.json.encode(told)
