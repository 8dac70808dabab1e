"""The data of an answer as values: what each part says, or why it says nothing."""

from typing import Final, NamedTuple

from protocols import bcd
from protocols.china_time import moment, utc_ms
from protocols.dlt645.control import Edition
from protocols.dlt645.item import Format, Item, Part
from protocols.dlt645.items import is_block, item_of, members

NOT_AVAILABLE: Final = "not available"
"""Filled with FF."""
NOT_BCD: Final = "not BCD"
NO_TIME: Final = "no time"
_BLOCK_END_1997: Final = 0xAA
_CENTURY: Final = "20"


class Value(NamedTuple):
    """One part of an answer's data."""

    di: int
    part: Part
    data: bytes
    """As on the wire, without the 33H: low pair first."""
    scaled: int | None = None
    """The number without its decimal point; None: it is no number, or not available."""
    text: str | None = None
    """Of what is no number: a date, digits, ASCII, a word in hexadecimal, high byte first."""
    reason: str = ""
    """Why there is neither."""

    @property
    def number(self) -> float | None:
        """In the part's unit."""
        return None if self.scaled is None else float(self.scaled / 10**self.part.format.decimals)

    @property
    def observed(self) -> float | None:
        """In the unit of the observed property; None without one, or without a number."""
        if self.scaled is None or self.part.observed is None:
            return None
        return float(self.scaled * self.part.observed.factor / 10**self.part.format.decimals)


class Data(NamedTuple):
    """All of an answer's data, when the item is known and fits them."""

    item: Item | None
    """None: a block of several items."""
    values: tuple[Value, ...]


def read(di: int, data: bytes, edition: Edition = "2007") -> Data | None:
    """The values of an item or of a block; None when it is unlisted or has another width than these bytes."""
    item = item_of(di, len(data), edition)
    if item is not None:
        return Data(item, tuple(_values(di, item, data))) if item.fits(len(data)) else None
    if not is_block(di, edition):
        return None
    found = members(di, len(data), edition)
    if found is None and edition == "1997" and data[-1:] == bytes([_BLOCK_END_1997]):
        found = members(di, len(data) - 1, edition)
    if found is None:
        return None
    values: list[Value] = []
    at = 0
    for each, member in found:
        values += _values(each, member, data[at : at + member.width])
        at += member.width
    return Data(None, tuple(values))


def _values(di: int, item: Item, data: bytes) -> list[Value]:
    found = []
    at = 0
    for part in item.parts:
        end = at + part.format.width if part.format.width else len(data)
        found.append(value_of(di, part, data[at:end]))
        at = end
    return found


def value_of(di: int, part: Part, data: bytes) -> Value:
    """What the bytes of one part say."""
    form = part.format
    if data and set(data) == {0xFF} and form.kind not in ("word", "bytes"):
        return Value(di, part, data, reason=NOT_AVAILABLE)
    match form.kind:
        case "number":
            scaled = bcd.low_first(data, signed=form.signed)
            return Value(di, part, data, scaled=scaled, reason="" if scaled is not None else NOT_BCD)
        case "stamp":
            told = stamp_text(data, form)
            return Value(di, part, data, text=told, reason="" if told else NO_TIME)
        case "digits":
            return Value(di, part, data, text=data[::-1].hex().upper())
        case "text":
            return Value(di, part, data, text=_ascii(data))
        case _:
            return Value(di, part, data, text=data[::-1].hex().upper() if form.kind == "word" else data.hex().upper())


def stamp_text(data: bytes, form: Format) -> str | None:
    """A date or time as people write it: 2021-07-23 09:23, 09:23:59, day 01 hour 00; None when it is none."""
    figures = data[::-1].hex()
    if not figures.isdecimal() or len(figures) != len(form.pattern):
        return None
    fields = {form.pattern[at : at + 2]: figures[at : at + 2] for at in range(0, len(figures), 2)}
    if not _in_calendar(fields):
        return None
    date = "-".join(fields[name] for name in ("YY", "MM", "DD") if name in fields)
    time = ":".join(fields[name] for name in ("hh", "mm", "ss") if name in fields)
    if "YY" in fields:
        date = _CENTURY + date
    if "MM" not in fields and "DD" in fields:
        return f"day {date} hour {time}"
    weekday = f"weekday {int(fields['WW'])}" if "WW" in fields else ""
    return " ".join(filter(None, (date, weekday, time)))


def _in_calendar(fields: dict[str, str]) -> bool:
    """Whether the date and time exist; a day without its month is only looked at for its bounds."""
    year = _CENTURY + fields.get("YY", "00")
    stamp = "".join(
        (year, fields.get("MM", "01"), fields.get("DD", "01"), fields.get("hh", "00"), fields.get("mm", "00"))
    )
    return moment(stamp + fields.get("ss", "00")) is not None


def stamp_ms(value: Value) -> int | None:
    """UTC milliseconds of a stamp that has year, month, day, hour and minute; None of any other."""
    pattern = value.part.format.pattern
    figures = value.data[::-1].hex()
    if value.text is None or not pattern.startswith("YYMMDDhhmm"):
        return None
    when = moment(_CENTURY + figures)
    return utc_ms(when) if when else None


def _ascii(data: bytes) -> str:
    """The last character comes first; what is no printable ASCII stands in hexadecimal."""
    told = data[::-1].strip(b"\0 ")
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02X}" for byte in told)
