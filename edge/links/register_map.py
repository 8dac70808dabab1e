"""What a device with registers means: a model out of firmware_adapters by its firmware, or rows of its own."""

from dataclasses import replace
from functools import lru_cache
from typing import Self

from pydantic import model_validator

from edge.links.named_model import Named
from edge.quality.config import CheckRow
from edge.section import Section
from firmware_adapters.register_model import RegisterModel
from firmware_adapters.rows import Kind, RegisterRow
from protocols.modbus import Order
from protocols.modbus.plan import Table
from protocols.vocabulary import Point


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


class Mapped(Named):
    """The part of a ``[[link.device]]`` that says what its registers mean: a model, or rows."""

    wire = "registers"

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
        found = self.found
        if found is not None:
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
