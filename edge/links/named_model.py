"""A device that says ``model = "vendor/model"``: found in firmware_adapters by its firmware, for any wire."""

from collections.abc import Collection
from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from edge.watched import Watched
from firmware_adapters.registry import MODELS, Found, Unlisted, choices


class Named(Watched):
    """The part of a ``[[link.device]]`` that names a model of firmware_adapters.registry."""

    wire: ClassVar[Literal["registers", "resources"]]
    """Which rows of a model this kind of link uses."""

    model: str | None = None
    """``vendor/model``, of the registry or, where registers are meant, of a ``[[model]]`` section."""
    unlisted_firmware: Unlisted = "refuse"
    """What becomes of a firmware that the model is not documented for; ``nearest``: the next older rows are taken."""
    firmware: str | None = Field(default=None, validate_default=True)
    """As the device tells it, ``2.3``; not needed where the model's rows hold for all."""

    @classmethod
    def of_file(cls, info: ValidationInfo) -> Collection[str]:  # noqa: ARG003 - for those that have some
        """Names of models that the configuration file itself describes."""
        return ()

    @field_validator("model")
    @classmethod
    def _model(cls, name: str | None, info: ValidationInfo) -> str | None:
        site = cls.of_file(info)
        known = {one for one, versions in MODELS.items() if any(getattr(version, cls.wire) for version in versions)}
        if name is not None and name not in known and name not in site:
            names = ", ".join(filter(None, (*site, choices(name, known))))
            raise ValueError(f"expected one of {names or f'none: no model has {cls.wire} yet'}")
        return name

    @field_validator("firmware")
    @classmethod
    def _firmware(cls, version: str | None, info: ValidationInfo) -> str | None:
        if "model" not in info.data:  # that is told already
            return version
        model = info.data["model"]
        if model in cls.of_file(info):
            if version is not None:
                raise ValueError("goes with a model of the registry: a [[model]] of this file is as it is")
        elif model is not None:
            found = MODELS.found(model, version, info.data.get("unlisted_firmware", "refuse"))
            if not getattr(found.model, cls.wire):
                raise ValueError(f"{model}: firmware {found.model.firmware} has no {cls.wire}")
        elif version is not None:
            raise ValueError("goes with model")
        return version

    @property
    def found(self) -> Found | None:
        """The model that was named, and what is to be known of how it was found; None: none was named."""
        return None if self.model is None else MODELS.found(self.model, self.firmware, self.unlisted_firmware)
