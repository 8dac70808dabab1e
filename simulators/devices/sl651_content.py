"""What the simulated SL 651 stations measure and how they write it (SL 651-2014 Table C.1)."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Literal, NamedTuple

from protocols.sl651 import Mode
from protocols.sl651.items import AnyItem, Asked, Element, Named, element
from protocols.sl651.numbers import number, packed_number

StationKind = Literal["river", "rain"]
FACTORY_PASSWORD: Final = "1234"  # noqa: S105 - the one that the standard's examples print


class ElementRow(NamedTuple):
    """One element of a report."""

    id: int
    name: str
    observed: str
    length: int
    """Bytes of its packed decimals."""
    decimals: int

    @property
    def head(self) -> Asked:
        """Its identifier and definition byte, as in a series."""
        return Asked(self.id, self.length << 3 | self.decimals)

    def pack(self, value: float | None) -> bytes:
        """The digits as they are sent; all F where there is no value, all 9 where there are too few of them."""
        if value is None:
            return packed_number(None, self.length, self.decimals)
        step = Decimal(1).scaleb(-self.decimals)
        most = Decimal(10 ** (2 * self.length) - 1) * step
        least = -Decimal(10 ** (2 * self.length - 2) - 1) * step
        shown = min(most, max(least, Decimal(value).quantize(step, ROUND_HALF_EVEN)))
        return packed_number(shown, self.length, self.decimals)

    def read(self, data: bytes) -> float | None:
        """The value that these digits say, in the vocabulary's unit."""
        return number(data, self.decimals).value

    def text(self, data: bytes) -> str:
        """The same as ASCII mode writes it."""
        value = self.read(data)
        return "M" if value is None else f"{value:.{self.decimals}f}"

    def item(self, data: bytes, mode: Mode) -> AnyItem:
        """As it stands in a report."""
        if mode is Mode.ASCII:
            return Named(self.name, self.text(data).encode())
        made: Element = element(self.id, data, self.decimals)
        return made


class StationType(NamedTuple):
    """A kind of station."""

    letter: str
    """Appendix A."""
    elements: tuple[ElementRow, ...]


_SUPPLY: Final = ElementRow(0x38, "VT", "battery_voltage", 2, 2)
STATION_TYPES: Final[dict[StationKind, StationType]] = {
    "river": StationType(
        "H",
        (ElementRow(0x39, "Z", "water_level", 4, 3), ElementRow(0x03, "C", "water_temperature", 2, 1), _SUPPLY),
    ),
    "rain": StationType("P", (ElementRow(0x1A, "P1", "rainfall", 3, 1), _SUPPLY)),
}
