"""What a device with registers means: a model out of firmware_adapters by its firmware, or rows of its own."""

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Final, Self

from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from edge.links.named_model import Named
from edge.quality.config import CheckRow
from edge.section import Section
from firmware_adapters.register_model import RegisterModel
from firmware_adapters.registry import MODELS
from firmware_adapters.rows import Decimals, Kind, RegisterRow
from protocols.modbus import Order
from protocols.modbus.plan import Table
from protocols.vocabulary import Point

SITE_MODELS: Final = "models"
"""Under this name the context of validation has a dict of the ``[[model]]`` sections that were read so far."""


def _site_models(info: ValidationInfo) -> dict[str, RegisterModel]:
    found: dict[str, RegisterModel] = (info.context or {}).get(SITE_MODELS, {})
    return found


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
    decimals: Decimals = ""
    source: str = ""

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        Point("serial:0", self.observed, self.channel).checked()
        self.register_row()
        return self

    def register_row(self) -> RegisterRow:
        """As the poller takes it."""
        return RegisterRow(**dict(self))


class SiteModel(Section):
    """``[[model]]``: a register map of this file's own that several devices have."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}/[A-Za-z0-9._ -]{1,40}$")]
    """``vendor/model``, none that the registry has; ``model`` of a ``[[link.device]]`` names it."""
    source: str = ""
    """Where the map is from: manual, edition, page."""
    gap: Annotated[int, Field(ge=0, le=123)] | None = None
    """How many unwanted registers a request may read over."""
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _known_from_here_on(self, info: ValidationInfo) -> Self:
        site = _site_models(info)
        if self.name in MODELS:
            raise ValueError(f"name: {self.name!r}: the registry has a model of this name")
        if self.name in site:
            raise ValueError(f"name: {self.name!r} is given twice")
        vendor, model = self.name.split("/")
        rows = tuple(row.register_row() for row in self.rows)
        found = RegisterModel(vendor, model, "", self.source or "gateway.toml", rows)
        site[self.name] = found if self.gap is None else replace(found, gap=self.gap)
        return self


class Mapped(Named):
    """The part of a ``[[link.device]]`` that says what its registers mean: a model, or rows."""

    wire = "registers"

    rows: tuple[Row, ...] = ()
    _map: RegisterModel = PrivateAttr()

    @classmethod
    def of_file(cls, info: ValidationInfo) -> Collection[str]:
        return _site_models(info)

    @model_validator(mode="after")
    def _one_model(self, info: ValidationInfo) -> Self:
        if (self.model is None) == (not self.rows):
            raise ValueError("expected either model or rows")
        self._map = _site_models(info).get(self.model or "") or self._worked_out()
        return self

    def _worked_out(self) -> RegisterModel:
        found = self.found
        if found is not None:
            return replace(found.model.register_model(), note=found.note)
        return RegisterModel("configured", self.source, "", "gateway.toml", tuple(r.register_row() for r in self.rows))

    def register_model(self) -> RegisterModel:
        """The model that was named, or the one that the rows make."""
        return self._map

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
