"""A device model's row: which register means which observed property, and how its number becomes the value."""

from dataclasses import dataclass
from math import gcd
from typing import Final, Literal

from protocols.modbus.plan import Table
from protocols.modbus.values import WIDTH, Order
from protocols.modbus.values import Kind as NumberKind
from protocols.vocabulary import series_name, unit_of

Kind = Literal["bit", "bits", NumberKind]
"""``bit`` is a coil or a discrete input, ``bits`` a run of bits in one register or across two."""

Decimals = Literal["", "before", "behind"]
"""Whether the register before or behind a number says how many of its digits are decimals."""

REGISTERS: Final[dict[str, int]] = {"bit": 1, **WIDTH}
"""How many registers a kind fills; a bit fills one coil or discrete input; ``bits`` fills what its row says."""

UNIT_RATIOS: Final[dict[tuple[str, str], tuple[int, int]]] = {
    ("kPa", "hPa"): (10, 1),
    ("Pa", "hPa"): (1, 100),
    ("bar", "hPa"): (1000, 1),
    ("bar", "kPa"): (100, 1),
    ("Pa", "kPa"): (1, 1000),
    ("MPa", "kPa"): (1000, 1),
    ("V", "mV"): (1000, 1),
    ("mA", "A"): (1, 1000),
    ("mV", "V"): (1, 1000),
    ("kV", "V"): (1000, 1),
    ("kW", "W"): (1000, 1),
    ("W.h", "kW.h"): (1, 1000),
    ("MW.h", "kW.h"): (1000, 1),
    ("mS/cm", "uS/cm"): (1000, 1),
    ("S/m", "uS/cm"): (10_000, 1),
    ("ug/L", "mg/L"): (1, 1000),
    ("ng/m3", "ug/m3"): (1, 1000),
    ("mg/m3", "ug/m3"): (1000, 1),
    ("ug/m3", "mg/m3"): (1, 1000),
    ("cm", "m"): (1, 100),
    ("mm", "m"): (1, 1000),
    ("L/s", "m3/s"): (1, 1000),
    ("m3/h", "m3/s"): (1, 3600),
    ("L", "m3"): (1, 1000),
    ("MJ", "kW.h"): (5, 18),
    ("GJ", "kW.h"): (2500, 9),
    ("km/h", "m/s"): (5, 18),
    ("1", "%"): (100, 1),
}
"""(device's unit, our unit) -> multiply by the first, divide by the second; UCUM codes, exact integers only."""


def ratio_between(unit: str, observed: str) -> tuple[int, int] | None:
    """(numerator, denominator) from a device's unit to the one of the observed property; None: no known way.

    An observed property outside the vocabulary has no unit of its own: its numbers pass as they are.
    """
    ours = unit_of(observed)
    if ours is None or unit in ("", ours):
        return 1, 1
    return UNIT_RATIOS.get((unit, ours))


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One observed property of one device, as its register map prints it.

    :raises ValueError: kind and table, divisor or unit do not go together; the message says what is allowed.
    """

    observed: str
    """Name of the observed property (protocols.vocabulary.properties, or one of the site's own)."""
    address: int
    """Zero-based, as on the wire: 40001 in a 1-based manual is 0 here; with ``decimals`` that of the first."""
    kind: Kind = "u16"
    order: Order = "ABCD"
    """Byte order, named by where the bytes of the big-endian value ABCD stand on the wire; 64 bits follow the same."""
    divisor: int = 1
    """The device's number is divided by it: 214 / 10 is 21.4, 214 * 0.1 is not."""
    table: Table = "holding"
    invalid: frozenset[int] = frozenset()
    """Numbers (as the kind reads them, before dividing) by which the device says that it has no value.

    A decimal register (``bcd16``, ``bcd32``) with a digit above 9 is no number and needs no mark.
    """
    channel: str = ""
    unit: str = ""
    """UCUM; only where the device's unit is not the observed property's."""
    low_bit: int = 0
    """Kind ``bits``: the place of its lowest bit, 0 to 31; above 15 in the higher register of two (``order``)."""
    width: int = 0
    """Kind ``bits``: how many bits; all of them are one number of zero or more."""
    writable: bool = False
    """A command may set it (firmware_adapters.setting); tables holding and coil only."""
    offset: int = 0
    """Added to the device's number before it is divided: (T + 40) * 10 in the manual is offset -400, divisor 10."""
    codes: tuple[tuple[int, float], ...] = ()
    """The device's number -> the value, for states; a number that is not listed is no value."""
    low: float | None = None
    """The instrument's range, in the observed property's unit; what is outside fails the range check."""
    high: float | None = None
    decimals: Decimals = ""
    """``before``, ``behind``: the register on that side of the number says how many of its digits are decimals."""
    source: str = ""
    """Where this row is from, if not from the model's manual."""

    def __post_init__(self) -> None:
        if (self.kind == "bit") != (self.table in ("coil", "discrete")):
            raise ValueError(f"{self.series}: kind 'bit' goes with tables coil and discrete, and only with them")
        if self.kind == "bits":
            if self.low_bit < 0 or self.width < 1 or self.low_bit + self.width > 32:
                raise ValueError(f"{self.series}: bits {self.low_bit} + {self.width}: expected 1 to 32 of 32")
        elif self.low_bit or self.width:
            raise ValueError(f"{self.series}: low_bit and width go with kind 'bits' only")
        if self.decimals and (self.writable or self.codes or self.kind[0] in "fb"):
            raise ValueError(f"{self.series}: decimals goes with kinds of integers that are only read, without codes")
        if self.writable and (self.table not in ("holding", "coil") or self.kind == "bits"):
            raise ValueError(f"{self.series}: writable goes with tables holding and coil, and not with kind 'bits'")
        if not 0 <= self.address <= 0x10000 - self.registers:
            raise ValueError(f"{self.series}: address {self.address}: expected 0 to {0x10000 - self.registers}")
        self._check_meaning()

    def _check_meaning(self) -> None:
        """What the number becomes."""
        if self.divisor < 1:
            raise ValueError(f"{self.series}: divisor {self.divisor}: expected 1 or more")
        if ratio_between(self.unit, self.observed) is None:
            raise ValueError(
                f"{self.series}: unit {self.unit!r}: no exact way to {unit_of(self.observed)!r}, which is its unit here"
            )

        if self.codes:
            if self.kind[0] == "f" or self.divisor != 1 or self.offset or self.unit:
                raise ValueError(f"{self.series}: codes go with kinds of integers, without divisor, offset and unit")
            if len(dict(self.codes)) != len(self.codes):
                raise ValueError(f"{self.series}: a number comes twice among the codes")
        if self.offset and (self.kind == "bit" or self.kind[0] == "f"):
            raise ValueError(f"{self.series}: offset goes with kinds of integers of more than one bit")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"{self.series}: range {self.low:g} to {self.high:g}")

    @property
    def series(self) -> str:
        """Observed property with the channel if there is one."""
        return series_name(self.observed, self.channel)

    @property
    def number_registers(self) -> int:
        """How many registers (or bits) its number fills."""
        if self.kind == "bits":
            return 1 if self.low_bit + self.width <= 16 else 2
        return REGISTERS[self.kind]

    @property
    def number_address(self) -> int:
        """Where its number stands."""
        return self.address + (self.decimals == "before")

    @property
    def registers(self) -> int:
        """How many registers (or bits) it needs, with the one of its decimals."""
        return self.number_registers + bool(self.decimals)

    @property
    def end(self) -> int:
        """The address behind its last register."""
        return self.address + self.registers

    @property
    def scale(self) -> tuple[int, int]:
        """(numerator, divisor) from the device's number to the value, in lowest terms."""
        numerator, denominator = ratio_between(self.unit, self.observed) or (1, 1)
        common = gcd(numerator, denominator * self.divisor)
        return numerator // common, denominator * self.divisor // common
