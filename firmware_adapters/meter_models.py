"""What meters of one kind are asked for, and whether they have a relay that obeys: DL/T 645 and CJ/T 188. Pure.

A model is a list of data identifiers; what each means stands in the standard's own table (protocols.dlt645.items,
protocols.cjt188.reading), and rows are for what it does not say (firmware_adapters.meter_rows).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from protocols.dlt645.control import Edition
from protocols.vocabulary import ProtocolError

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
    edition: Edition = "2007"
    relay: Relay | None = None
    """None: it has none, and nobody can switch it through us."""


_SINGLE_PHASE: Final = (0x0001_0000, 0x0201_0100, 0x0202_0100, 0x0203_0000)
_THREE_PHASE: Final = (0x0001_0000, 0x0201_FF00, 0x0202_FF00, 0x0203_FF00, 0x0206_FF00, 0x0280_0002)

DLT645_MODELS: Final[Mapping[str, Dlt645Model]] = {
    "generic/single-phase": Dlt645Model(_SINGLE_PHASE),
    "generic/single-phase-relay": Dlt645Model(_SINGLE_PHASE, relay=Relay()),
    "generic/three-phase": Dlt645Model(_THREE_PHASE),
    "generic/three-phase-relay": Dlt645Model(_THREE_PHASE, relay=Relay()),
    "generic/three-phase-1997": Dlt645Model((0x9010, 0xB611, 0xB612, 0xB613, 0xB630), "1997"),
}


def dlt645_model(name: str) -> Dlt645Model:
    """The model of ``vendor/model``.

    :raises ValueError: there is none; the message lists those there are.
    """
    known = DLT645_MODELS.get(name)
    if known is None:
        raise ValueError(f"expected one of {', '.join(sorted(DLT645_MODELS))}")
    return known
