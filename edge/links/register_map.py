"""What a device with registers means: a model out of firmware_adapters by its firmware, or rows of its own."""

from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from edge.quality.config import CheckRow
from edge.section import Section
from edge.watched import Watched
from firmware_adapters.register_model import RegisterModel
from firmware_adapters.registry import MODELS, Unlisted
from firmware_adapters.rows import Kind, RegisterRow
from protocols.modbus import Order
from protocols.modbus.plan import Table
from protocols.vocabulary import Point


def _model(name: str) -> str:
    known = {one: versions for one, versions in MODELS.items() if any(version.registers for version in versions)}
    if name not in known:
        raise ValueError(f"expected one of {', '.join(sorted(known))}")
    return name


def _firmware(version: str | None, info: ValidationInfo) -> str | None:
    if "model" not in info.data:  # that is told already
        return version
    model = info.data["model"]
    if model is not None:
        MODELS.found(model, version, info.data.get("unlisted_firmware", "refuse"))
    elif version is not None:
        raise ValueError("goes with model")
    return version


class Row(Section):
    """``[[link.device.rows]]``: one line of a register map (firmware_adapters.rows.RegisterRow)."""

    observed: str
    address: int
    kind: Kind = "u16"
    order: Order = "ABCD"
    divisor: int = 1
    table: Table = "holding"
    invalid: frozenset[int] = frozenset()
    channel: str = ""
    unit: str = ""
    low_bit: int = 0
    width: int = 0
    writable: bool = False
    offset: int = 0
    codes: tuple[tuple[int, float], ...] = ()
    low: float | None = None
    high: float | None = None
    source: str = ""

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        Point("serial:0", self.observed, self.channel).checked()
        self.register_row()
        return self

    def register_row(self) -> RegisterRow:
        """As the poller takes it."""
        return RegisterRow(**dict(self))


class Mapped(Watched):
    """The part of a ``[[link.device]]`` that says what its registers mean."""

    model: Annotated[str, AfterValidator(_model)] | None = None
    """``vendor/model`` out of firmware_adapters.registry; or ``rows``."""
    unlisted_firmware: Unlisted = "refuse"
    """What becomes of a firmware that the model is not documented for; ``nearest``: the next older rows are taken."""
    firmware: Annotated[str | None, AfterValidator(_firmware), Field(validate_default=True)] = None
    """As the device tells it, ``2.3``; not needed where the model's rows hold for all."""
    rows: tuple[Row, ...] = ()

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        if (self.model is None) == (not self.rows):
            raise ValueError("expected either model or rows")
        if self.rows:
            self.register_model()
        return self

    def register_model(self) -> RegisterModel:
        """The model that was named, or the one that the rows make."""
        if self.model is not None:
            found = MODELS.found(self.model, self.firmware, self.unlisted_firmware)
            return replace(found.model.register_model(), note=found.note)
        return RegisterModel("configured", self.source, "", "gateway.toml", tuple(r.register_row() for r in self.rows))

    @property
    def instrument_checks(self) -> tuple[CheckRow, ...]:
        return _instrument_checks(self.register_model().rows)


@lru_cache(maxsize=1024)
def _instrument_checks(rows: tuple[RegisterRow, ...]) -> tuple[CheckRow, ...]:
    """Devices of one model share them, and so the limits that are worked out from them."""
    return tuple(
        CheckRow(observed=row.observed, channel=row.channel, sensor_min=row.low, sensor_max=row.high)
        for row in rows
        if row.low is not None or row.high is not None
    )
