"""The device models that ship with us, and how one is found by vendor, model and firmware."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final, Literal, NamedTuple

from firmware_adapters.device_model import DeviceModel
from firmware_adapters.firmware import version_of
from firmware_adapters.models.dfrobot import sen0604, sen0658
from firmware_adapters.models.generic import cabinet_meter, streetlight, water_sonde, weather_station
from firmware_adapters.register_model import RegisterModel

Unlisted = Literal["refuse", "nearest"]
"""What is done with a firmware that no model is documented for."""


class Found(NamedTuple):
    """A model, and what an engineer should know of how it was found."""

    model: DeviceModel
    note: str = ""


class Catalogue(Mapping[str, tuple[DeviceModel, ...]]):
    """``vendor/model`` -> its models by firmware, oldest first.

    :raises ValueError: two models hold for the same firmware.
    """

    def __init__(self, models: Iterable[DeviceModel]) -> None:
        self._models: dict[str, tuple[DeviceModel, ...]] = {}
        for model in models:
            others = self._models.get(model.name, ())
            self._models[model.name] = tuple(sorted((*others, model), key=lambda one: one.firmware.low))
        for name, versions in self._models.items():
            for one, other in combinations(versions, 2):
                if one.firmware.overlaps(other.firmware):
                    raise ValueError(f"{name}: firmware {one.firmware} and {other.firmware} overlap")

    def __getitem__(self, name: str) -> tuple[DeviceModel, ...]:
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def found(self, name: str, firmware: str | None = None, unlisted: Unlisted = "refuse") -> Found:
        """The model of ``vendor/model`` with that firmware.

        :param firmware: None: not known, which does where one model holds for all.
        :param unlisted: ``nearest``: for a firmware that nobody documented, the next older rows, or else the oldest;
            for one that is not known, the newest.
        :raises ValueError: there is none; the message lists those there are.
        """
        versions = self._models.get(name)
        if versions is None:
            raise ValueError(f"expected one of {', '.join(sorted(self._models))}")
        if firmware is not None:
            holding = [one for one in versions if one.firmware.holds(firmware)]
            if holding:
                return Found(holding[0])
        elif versions[0].firmware.is_any:
            return Found(versions[0])
        documented = ", ".join(str(one.firmware) for one in versions)
        said = "firmware is not given" if firmware is None else f"firmware {firmware} is not documented"
        if unlisted == "refuse":
            raise ValueError(f"{name}: {said}; documented: {documented}")
        older = [one for one in versions if firmware is None or one.firmware.low <= version_of(firmware)]
        nearest = older[-1] if older else versions[0]
        return Found(nearest, f"{name}: {said}; rows of firmware {nearest.firmware} are used")


MODELS: Final = Catalogue(
    (
        sen0604.MODEL,
        sen0658.MODEL,
        cabinet_meter.MODEL,
        streetlight.MODEL,
        water_sonde.MODEL,
        weather_station.MODEL,
    )
)


def model_named(name: str) -> RegisterModel:
    """The Modbus rows of ``vendor/model``, for any firmware.

    :raises ValueError: there is none; the message lists those there are.
    """
    return MODELS.found(name).model.register_model()
