"""What a data identifier stands for: parts, each with its name, width, decimals, sign and unit."""

from typing import Final, Literal, NamedTuple

from protocols.vocabulary.properties import unit_of

Kind = Literal["number", "stamp", "digits", "text", "word", "bytes"]


class Format(NamedTuple):
    """How bytes are read; they come with the low pair first."""

    kind: Kind
    width: int
    """Bytes; 0: as many as are left."""
    decimals: int = 0
    unit: str = ""
    """As the standard prints it: kWh, kvarh, kW, V..."""
    signed: bool = False
    """The highest bit of the last byte is the sign."""
    pattern: str = ""
    """Of a stamp, most significant first: YYMMDDhhmm..."""


class Observed(NamedTuple):
    """The observed property of the vocabulary that a part measures."""

    name: str
    channel: str = ""
    factor: int = 1
    """The part's unit in units of the property: 1000 for kW, which is observed in W."""

    @property
    def unit(self) -> str:
        """UCUM."""
        return unit_of(self.name) or ""


class Part(NamedTuple):
    """One value of an item."""

    name: str
    format: Format
    observed: Observed | None = None
    """Only of what is measured now: past settlements and events are no readings of this moment."""


class Item(NamedTuple):
    """One data identifier."""

    name: str
    parts: tuple[Part, ...]
    at_its_time: bool = False
    """The stamp in it is the moment at which the number before it was measured."""

    @property
    def width(self) -> int:
        """Bytes of all parts, those of open width not counted."""
        return sum(part.format.width for part in self.parts)

    @property
    def open(self) -> bool:
        """Whether its last part takes what is left."""
        return bool(self.parts) and not self.parts[-1].format.width

    def fits(self, count: int) -> bool:
        """Whether so many bytes are this item."""
        return bool(self.parts) and (count >= self.width if self.open else count == self.width)


def number(digits: str, unit: str = "", *, signed: bool = False) -> Format:
    """A number by its format in the standard's own way of writing: XXX.X is two bytes with one decimal."""
    whole, _, fraction = digits.partition(".")
    return Format("number", (len(whole) + len(fraction) + 1) // 2, len(fraction), unit, signed)


def stamp(pattern: str) -> Format:
    """A date, a time, or both."""
    return Format("stamp", len(pattern) // 2, pattern=pattern)


def digits(width: int) -> Format:
    """Decimal digits that are no quantity: an address, a meter number."""
    return Format("digits", width)


def text(width: int) -> Format:
    """ASCII, the last character first."""
    return Format("text", width)


def word(width: int = 1) -> Format:
    """Bits."""
    return Format("word", width)


def single(name: str, form: Format, observed: Observed | None = None) -> Item:
    """An item of one part."""
    return Item(name, (Part(name, form, observed),))


REST: Final = Part("further data of the record", Format("bytes", 0))
MOMENT: Final = stamp("YYMMDDhhmmss")
MINUTE: Final = stamp("YYMMDDhhmm")
