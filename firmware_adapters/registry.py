"""The register models that ship with us, by vendor and model."""

from collections.abc import Mapping
from typing import Final

from firmware_adapters.dfrobot import SEN0604, SEN0658
from firmware_adapters.generic import CABINET_METER, STREETLIGHT, WATER_SONDE, WEATHER_STATION
from firmware_adapters.register_model import RegisterModel

MODELS: Final[Mapping[tuple[str, str], RegisterModel]] = {
    ("DFRobot", "SEN0604"): SEN0604,
    ("DFRobot", "SEN0658"): SEN0658,
    ("generic", "cabinet-meter"): CABINET_METER,
    ("generic", "streetlight"): STREETLIGHT,
    ("generic", "water-sonde"): WATER_SONDE,
    ("generic", "weather-station"): WEATHER_STATION,
}


def model_named(name: str) -> RegisterModel:
    """The model of ``vendor/model``.

    :raises ValueError: there is none; the message lists those there are.
    """
    vendor, _, model = name.partition("/")
    known = MODELS.get((vendor, model))
    if known is None:
        raise ValueError(f"expected one of {', '.join('/'.join(key) for key in sorted(MODELS))}")
    return known
