"""The frame of DL/T 645: 68, address, 68, control, L, data with 33H added to every byte, CS, 16."""

from dataclasses import dataclass, field
from typing import Final

from protocols.meter_line.address import address_text, address_wire
from protocols.meter_line.decoder import MeterDecoder
from protocols.meter_line.frame import START, Layout, open_frame, seal
from protocols.vocabulary.errors import ProtocolError

LAYOUT: Final = Layout("DL/T 645", length_at=9, second_at=7, address_at=1, address_bytes=6)
MAX_FRAME: Final = LAYOUT.max_frame
OFFSET: Final = 0x33
"""Added to every byte of data on the wire, modulo 256, in both directions."""
ANYONE: Final = "A" * 12
"""To whoever is on the line: for one meter alone."""
EVERYBODY: Final = "9" * 12
"""To all meters; none answers."""

FROM_METER: Final = 0x80
ERROR: Final = 0x40
MORE: Final = 0x20
FUNCTION: Final = 0x1F

_ADDED = bytes((byte + OFFSET) & 0xFF for byte in range(256))
_TAKEN = bytes((byte - OFFSET) & 0xFF for byte in range(256))


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of either direction and either edition; what its data mean depends on its function."""

    address: str
    """12 digits as on the nameplate; AA in place of a pair stands for any, 99...99 for everybody."""
    control: int
    """0..255: direction, error and follow-up bits, function."""
    data: bytes = b""
    """Without the 33H, in the order of the wire: low bytes first."""
    raw: bytes = field(default=b"", compare=False, repr=False)
    """What it was read from, 68 to 16; empty when it was made."""

    @property
    def from_meter(self) -> bool:
        """Whether a meter sent it."""
        return bool(self.control & FROM_METER)

    @property
    def error(self) -> bool:
        """Whether it says why a meter refused."""
        return bool(self.control & ERROR)

    @property
    def more(self) -> bool:
        """Whether further data wait to be asked for."""
        return bool(self.control & MORE)

    @property
    def function(self) -> int:
        """The low five bits of the control byte, 0..31."""
        return self.control & FUNCTION


def encode(frame: Frame) -> bytes:
    """The frame as it is sent, without FE before it.

    :raises ProtocolError: address, control or data do not fit.
    """
    if not 0 <= frame.control <= 255:
        raise ProtocolError(f"DL/T 645: control {frame.control}: expected 0 to 255")
    address = address_wire(frame.address, LAYOUT)
    header = bytes([START, *address, START, frame.control])
    return seal(header, frame.data.translate(_ADDED), LAYOUT)


def decode(raw: bytes) -> Frame:
    """Read exactly one frame; FE before it are passed over.

    :raises ProtocolError: it is not one; the message says what was found and what would have been right.
    """
    frame = open_frame(raw, LAYOUT)
    data = frame[LAYOUT.length_at + 1 : -2]
    return Frame(address_text(frame, LAYOUT), frame[LAYOUT.length_at - 1], data.translate(_TAKEN), frame)


class Decoder(MeterDecoder[Frame]):
    """Frames out of a stream. Obeys protocols.framing.Decoder."""

    MAX_FRAME = MAX_FRAME

    def __init__(self, modem_bytes: int = 0) -> None:
        super().__init__(LAYOUT, decode, modem_bytes)
