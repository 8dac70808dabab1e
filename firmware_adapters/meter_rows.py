"""What a meter's answer means as readings: by the standard's own table of items, or by rows. Pure.

A row is for what the table does not say: a property of the site's own, an item that only one maker has, or a number
that a meter sends with other decimals than the standard's.
"""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from firmware_adapters.rows import ratio_between
from protocols import cjt188, dlt645
from protocols.cjt188.control import READING
from protocols.dlt645.control import Edition
from protocols.dlt645.item import Format, Part, number
from protocols.dlt645.items import item_of
from protocols.dlt645.reading import NOT_AVAILABLE, Value, stamp_ms, value_of
from protocols.vocabulary import ProtocolError, Quality, Reason

_UCUM: Final = {"kWh": "kW.h", "MWh": "MW.h", "Wh": "W.h"}
"""Units that the standards write in their own way."""
_DIGITS: Final = re.compile(r"X{1,12}(\.X{1,8})?")


class Told(NamedTuple):
    """One value of an answer."""

    observed: str
    channel: str
    value: float | None
    """In the observed property's unit; None: the meter has none, or sent what is none."""
    time: int | None
    """UTC ms, when the meter says when it was."""
    quality: Quality
    reasons: int


@dataclass(frozen=True, slots=True)
class Dlt645Row:
    """One number of one item of a DL/T 645 meter.

    :raises ValueError: nobody knows what it means; the message says what is missing.
    """

    di: int
    observed: str
    channel: str = ""
    edition: Edition = "2007"
    part: int = 0
    """Which of the item's numbers, from 0."""
    format: str = ""
    """``XXX.X`` as the standard writes formats; empty: the item's own."""
    signed: bool = False
    unit: str = ""
    """UCUM; empty: the item's own."""

    def __post_init__(self) -> None:
        form = self._format()
        if ratio_between(_ucum(form.unit), self.observed) is None:
            raise ValueError(f"{self.name}: no exact way from {form.unit!r} to the unit of {self.observed}")

    @property
    def name(self) -> str:
        """The identifier as the standard prints it."""
        return f"{self.di:0{8 if self.edition == '2007' else 4}X}"

    def _format(self) -> Format:
        if self.format:
            if _DIGITS.fullmatch(self.format) is None:
                raise ValueError(f"{self.name}: format {self.format!r}: expected X and a point, as in XXXXXX.XX")
            return number(self.format, self.unit, signed=self.signed)
        if self.signed:
            raise ValueError(f"{self.name}: signed goes with a format")
        item = item_of(self.di, 0, self.edition)
        if item is None:
            raise ValueError(f"{self.name}: no item of DL/T 645-{self.edition}: give its format, such as XXXXXX.XX")
        numbers = [part.format for part in item.parts if part.format.kind == "number"]
        if self.part >= len(numbers):
            raise ValueError(f"{self.name}: part {self.part}: {item.name} has {len(numbers)} numbers")
        return numbers[self.part]._replace(unit=self.unit or numbers[self.part].unit)

    def tell(self, data: bytes) -> Told:
        """What the answer says.

        :raises ProtocolError: it has another width than the item.
        """
        value, time = self._alone(data) if self.format else self._listed(data)
        if value.scaled is None:
            missing = Reason.NONE if value.reason == NOT_AVAILABLE else Reason.INVALID_VALUE
            return Told(self.observed, self.channel, None, time, Quality.MISSING, int(missing))
        numerator, denominator = ratio_between(_ucum(self._format().unit), self.observed) or (1, 1)
        told = value.scaled * numerator / (10**value.part.format.decimals * denominator)
        return Told(self.observed, self.channel, told, time, Quality.NOT_EVALUATED, 0)

    def _alone(self, data: bytes) -> tuple[Value, None]:
        form = self._format()
        if len(data) != form.width:
            raise ProtocolError(f"{self.name}: {len(data)} bytes, {self.format} has {form.width}", data)
        return value_of(self.di, Part(self.observed, form), data), None

    def _listed(self, data: bytes) -> tuple[Value, int | None]:
        told = dlt645.read(self.di, data, self.edition)
        if told is None:
            raise ProtocolError(f"{self.name}: {len(data)} bytes are not this item", data)
        numbers = [at for at, value in enumerate(told.values) if value.part.format.kind == "number"]
        at = numbers[self.part]
        following = told.values[at + 1 : at + 2]
        is_timed = told.item is not None and told.item.at_its_time and following
        return told.values[at], stamp_ms(following[0]) if is_timed else None


def dlt645_told(di: int, data: bytes, edition: Edition = "2007") -> list[Told]:
    """What the standard's table says of an answer.

    :raises ProtocolError: it has another width than the item.
    """
    if dlt645.read(di, data, edition) is None:
        raise ProtocolError(f"{di:X}: {len(data)} bytes are not this item", data)
    return [
        Told(m.observed.name, m.observed.channel, m.observed_value, m.time, m.quality, int(m.reasons))
        for m in dlt645.measurements(di, data, edition)
        if m.observed is not None
    ]


@dataclass(frozen=True, slots=True)
class Cjt188Row:
    """One field of the answers of a CJ/T 188 meter."""

    item: str
    """current, settle, heat, power... (protocols.cjt188.reading)."""
    observed: str
    channel: str = ""
    di: int = READING


def cjt188_told(meter_type: int, di: int, data: bytes, rows: tuple[Cjt188Row, ...] = ()) -> list[Told]:
    """What an answer says: by rows where there are any for this identifier, else by the table.

    :raises ProtocolError: its layout is a maker's own; a row's unit has no way to that of its observed property.
    """
    found = cjt188.measurements(meter_type, di, data)
    if not found:
        raise ProtocolError(f"{di:04X}: {len(data)} bytes: a maker's own layout", data)
    by_item = {m.item: m for m in found}
    if not rows:
        return [
            Told(m.observed.name, m.observed.channel, m.observed_value, m.time, m.quality, int(m.reasons))
            for m in found
            if m.observed is not None
        ]
    told = []
    for row in rows:
        measured = by_item.get(row.item)
        if measured is None:
            raise ProtocolError(f"{di:04X}: no {row.item} among {', '.join(by_item)}", data)
        value = measured.value
        if value is not None:
            ratio = ratio_between(_ucum(measured.unit), row.observed)
            if ratio is None:
                raise ProtocolError(f"{row.item}: {measured.unit} is no unit of {row.observed}", data)
            value = value * ratio[0] / ratio[1]
        told.append(Told(row.observed, row.channel, value, measured.time, measured.quality, int(measured.reasons)))
    return told


def _ucum(unit: str) -> str:
    return _UCUM.get(unit, unit)
