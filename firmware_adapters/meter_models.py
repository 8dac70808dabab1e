"""What meters of one kind are asked for, and whether they have a relay that obeys: DL/T 645 and CJ/T 188. Pure.

A model is a list of data identifiers; what each means stands in the standard's own table (protocols.dlt645.items,
protocols.cjt188.reading), and rows are for what it does not say (firmware_adapters.meter_rows).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from protocols.vocabulary import ProtocolError

if TYPE_CHECKING:  # the registry names meters: a gateway without any need not load how they speak
    from protocols.dlt645.control import Edition

Closing = Literal["direct", "allowed"]
OPEN: Final = 0x1A
CLOSE: Final[Mapping[Closing, int]] = {"direct": 0x1C, "allowed": 0x1B}
"""N1 of control code 1CH; allowed: somebody must press the meter's key before the supply is on."""
STATUS_WORD_3: Final = 0x0400_0503
"""DL/T 645-2007 Table C.3, operation: bit 4 is 1 while the relay is open."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay inside of a meter: how it is switched, and where it tells what it does."""

    closing: Closing = "direct"
    status: int = STATUS_WORD_3
    """The identifier of a status word."""
    open_bit: int = 4
    """Which bit of it is 1 while the relay is open."""

    def command(self, closed: float) -> int:
        """N1 for 1 (closed) or 0 (open).

        :raises ValueError: anything else.
        """
        if closed not in (0.0, 1.0):
            raise ValueError(f"{closed:g}: expected 1 (closed) or 0 (open)")
        return CLOSE[self.closing] if closed else OPEN

    def tell(self, data: bytes) -> float:
        """1 while it is closed, 0 while it is open, by the status word as it came, low byte first.

        :raises ProtocolError: it has no such bit.
        """
        if len(data) * 8 <= self.open_bit:
            raise ProtocolError(f"{self.status:08X}: {len(data)} bytes have no bit {self.open_bit}", data)
        return float(not int.from_bytes(data, "little") >> self.open_bit & 1)


@dataclass(frozen=True, slots=True)
class Dlt645Model:
    """An electricity meter."""

    items: tuple[int, ...]
    edition: "Edition" = "2007"
    relay: Relay | None = None
    """None: it has none, and nobody can switch it through us."""


@dataclass(frozen=True, slots=True)
class Cjt188Model:
    """A water, heat or gas meter."""

    meter_type: int
    """T of §7.3: 10H cold water, 20H heat, 30H gas..."""
