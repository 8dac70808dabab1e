"""The frame of CJ/T 188: 68, meter type, address, control, L, data, CS, 16."""

from dataclasses import dataclass, field
from typing import Final

from protocols.meter_line.address import address_text, address_wire
from protocols.meter_line.decoder import MeterDecoder
from protocols.meter_line.frame import START, Layout, open_frame, seal
from protocols.vocabulary.errors import ProtocolError

LAYOUT: Final = Layout("CJ/T 188", length_at=10, second_at=None, address_at=2, address_bytes=7)
MAX_FRAME: Final = LAYOUT.max_frame
ANYONE: Final = "A" * 14
"""To whoever is on the line: for one meter alone."""
EVERYBODY: Final = "9" * 14
"""To all meters; none answers."""
ANY_TYPE: Final = 0xAA

FROM_METER: Final = 0x80
ERROR: Final = 0x40
MORE: Final = 0x20
FUNCTION: Final = 0x1F


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of either direction; what its data mean depends on its function and its identifier."""

    meter_type: int
    """0..255: 10 to 19 water, 20 to 29 heat, 30 to 39 gas, 40 to 49 others (hexadecimal)."""
    address: str
    """14 digits as on the nameplate, the first four often the maker's; AA stands for any pair, 99...99 for all."""
    control: int
    """0..255: direction, error and follow-up bits, function."""
    data: bytes = b""
    """In the order of the wire."""
    raw: bytes = field(default=b"", compare=False, repr=False)
    """What it was read from, 68 to 16; empty when it was made."""

    @property
    def from_meter(self) -> bool:
        """Whether a meter sent it."""
        return bool(self.control & FROM_METER)

    @property
    def error(self) -> bool:
        """Whether it says that a meter refused."""
        return bool(self.control & ERROR)

    @property
    def more(self) -> bool:
        """Whether the meter says that further data follow; the standard has no command to ask for them."""
        return bool(self.control & MORE)

    @property
    def function(self) -> int:
        """The low five bits of the control byte, 0..31."""
        return self.control & FUNCTION


def encode(frame: Frame) -> bytes:
    """The frame as it is sent, without FE before it.

    :raises ProtocolError: type, address, control or data do not fit.
    """
    if not 0 <= frame.control <= 255 or not 0 <= frame.meter_type <= 255:
        raise ProtocolError(f"CJ/T 188: meter type {frame.meter_type}, control {frame.control}: expected 0 to 255")
    header = bytes([START, frame.meter_type, *address_wire(frame.address, LAYOUT), frame.control])
    return seal(header, frame.data, LAYOUT)


def decode(raw: bytes) -> Frame:
    """Read exactly one frame; FE before it are passed over.

    :raises ProtocolError: it is not one; the message says what was found and what would have been right.
    """
    frame = open_frame(raw, LAYOUT)
    at = LAYOUT.length_at
    return Frame(frame[1], address_text(frame, LAYOUT), frame[at - 1], frame[at + 1 : -2], frame)


class Decoder(MeterDecoder[Frame]):
    """Frames out of a stream. Obeys protocols.framing.Decoder.

    :param modem_bytes: how many bytes the line's modem appends behind 16 (the signal strength: 1).
    """

    MAX_FRAME = MAX_FRAME

    def __init__(self, modem_bytes: int = 0) -> None:
        super().__init__(LAYOUT, decode, modem_bytes)
