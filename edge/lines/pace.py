"""How long bytes take on a serial line, and the silence between frames (Modbus over Serial Line V1.02 §2.5.1.1)."""

from dataclasses import dataclass
from typing import Final, Literal

Parity = Literal["none", "even", "odd"]

FRAME_GAP: Final = 3.5
"""Characters of silence that part two frames."""
FAST_BAUD: Final = 19_200
"""Above it the gap no longer shrinks."""
FAST_GAP_S: Final = 0.00175


@dataclass(frozen=True, slots=True)
class Bits:
    """How the bits of a character are sent."""

    baud: int
    parity: Parity = "none"
    stop_bits: int = 1
    byte_size: int = 8

    @property
    def character_s(self) -> float:
        """How long one character takes: start bit, data, parity, stop bits."""
        return (1 + self.byte_size + (self.parity != "none") + self.stop_bits) / self.baud

    @property
    def gap_s(self) -> float:
        """The silence between two frames that the standard asks for."""
        return FAST_GAP_S if self.baud > FAST_BAUD else FRAME_GAP * self.character_s

    def __str__(self) -> str:
        return f"{self.baud} {self.byte_size}{self.parity[0].upper()}{self.stop_bits}"


@dataclass(frozen=True, slots=True)
class Pace:
    """What whoever asks must know of the line's speed."""

    gap_s: float = 0.0
    """Silence before a question."""
    character_s: float = 0.0
    """What each character of question and answer adds to a time-out; 0: not known, a serial server's business."""

    @classmethod
    def of(cls, bits: Bits, gap_s: float | None = None) -> "Pace":
        """That of a serial port; a gap that was configured takes the place of the standard's."""
        return cls(bits.gap_s if gap_s is None else gap_s, bits.character_s)
