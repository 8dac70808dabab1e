"""Where the fields of a frame stand in each mode: SL 651-2014 Tables 16 to 23.

The modes differ in the start mark, and in that ASCII mode writes each byte of a field as two hexadecimal characters.
"""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from protocols.checksums import crc16_modbus
from protocols.sl651.control import Direction, End, Mode, Start
from protocols.vocabulary.errors import ProtocolError

MAX_STX_BODY: Final = 0xFFF
"""The length field's 12 bits."""
MAX_SYN_BODY: Final = 0xFFFF
"""HEX packets of a station use all 16 bits of it (Table 22)."""
_DOWN: Final = 8
_FIELDS: Final = 11
"""Bytes of the header in HEX mode: two addresses, password, function, length."""
_CHARACTERS = re.compile(rb"(?:[0-9A-Fa-f]{2})*")


class Head(NamedTuple):
    """What stands in front of the body."""

    direction: Direction
    station: str
    centre: int
    password: str
    function: int
    length: int
    """Bytes between STX or SYN and the end character."""
    start: Start


@dataclass(frozen=True, slots=True)
class Layout:
    """One of the two modes."""

    mode: Mode
    mark: bytes
    width: int
    """Bytes on the wire for one byte of a field."""

    @property
    def head_size(self) -> int:
        """Bytes up to and with STX or SYN."""
        return len(self.mark) + self.width * _FIELDS + 1

    @property
    def packet_size(self) -> int:
        """Bytes of the packet's total and number."""
        return 3 * self.width

    @property
    def crc_size(self) -> int:
        """Bytes of the CRC."""
        return 2 * self.width

    def pack(self, data: bytes) -> bytes:
        """Bytes of a field as they are sent."""
        return data if self.width == 1 else data.hex().upper().encode()

    def unpack(self, data: bytes, name: str) -> bytes:
        """The inverse; lower case is read as well.

        :raises ProtocolError: ASCII mode: other characters than hexadecimal digits.
        """
        if self.width == 1:
            return data
        if _CHARACTERS.fullmatch(data) is None:
            raise ProtocolError(f"{name}: expected hexadecimal characters, found {data[:24]!r}", data)
        return bytes.fromhex(data.decode())

    def head(self, raw: bytes) -> Head:
        """Read what stands in front of the body; what comes behind is not looked at.

        :raises ProtocolError: too few bytes, no STX or SYN at its place, a length or direction that does not exist.
        """
        if len(raw) < self.head_size:
            raise ProtocolError(f"frame of {len(raw)} bytes ends in its header of {self.head_size} bytes", raw)
        fields = self.unpack(raw[len(self.mark) : self.head_size - 1], "header")
        code = raw[self.head_size - 1]
        if code not in (Start.STX, Start.SYN):
            raise ProtocolError(f"start of body: expected 02 (STX) or 16 (SYN), found {code:02X}", raw)
        start = Start(code)
        direction, length = self._length(int.from_bytes(fields[9:11], "big"), start, raw)
        up = direction is Direction.UP
        return Head(
            direction,
            fields[1:6].hex().upper() if up else fields[:5].hex().upper(),
            fields[0] if up else fields[5],
            fields[6:8].hex().upper(),
            fields[8],
            length,
            start,
        )

    def _length(self, word: int, start: Start, raw: bytes) -> tuple[Direction, int]:
        flag, length = word >> 12, word & 0xFFF
        if start is Start.SYN and self.mode is Mode.HEX and flag != _DOWN:
            flag, length = 0, word
        if flag not in (0, _DOWN):
            raise ProtocolError(f"direction: expected 0 (up) or 8 (down), found {flag:X} in {word:04X}", raw)
        least = self.packet_size if start is Start.SYN else 1
        if length < least:
            raise ProtocolError(f"length field says {length}: expected {least} at least", raw)
        return Direction.DOWN if flag else Direction.UP, length

    def write_head(self, head: Head) -> bytes:
        """The inverse of :meth:`head`.

        :raises ProtocolError: the body is empty or longer than the length field can say.
        """
        up = head.direction is Direction.UP
        wide = head.start is Start.SYN and self.mode is Mode.HEX and up
        if not 1 <= head.length <= (MAX_SYN_BODY if wide else MAX_STX_BODY) or (wide and head.length >> 12 == _DOWN):
            raise ProtocolError(f"body of {head.length} bytes: expected 1 to {MAX_STX_BODY}")
        station, centre = bytes.fromhex(head.station), bytes([head.centre])
        word = head.length if up else head.length | _DOWN << 12
        fields = (
            (centre + station if up else station + centre)
            + bytes.fromhex(head.password)
            + bytes([head.function])
            + word.to_bytes(2, "big")
        )
        return self.mark + self.pack(fields) + bytes([head.start])

    def end(self, raw: bytes) -> End:
        """The end character of a whole frame.

        :raises ProtocolError: there is another byte.
        """
        code = raw[-1 - self.crc_size]
        try:
            return End(code)
        except ValueError:
            known = ", ".join(f"{end:02X}" for end in End)
            raise ProtocolError(f"end of body: expected one of {known}, found {code:02X}", raw) from None

    def crc(self, raw: bytes) -> int:
        """What the CRC of a whole frame should be: over all bytes as they were sent, start mark to end character."""
        return crc16_modbus(raw[: -self.crc_size])

    def check_crc(self, raw: bytes, right: int) -> None:
        """Compare it with the one that stands there, high byte first.

        :raises ProtocolError: they differ, or these are no hexadecimal characters.
        """
        given = int.from_bytes(self.unpack(raw[-self.crc_size :], "CRC"), "big")
        if given != right:
            swapped = int.from_bytes(right.to_bytes(2, "big"), "little")
            hint = " (it came low byte first)" if given == swapped else ""
            raise ProtocolError(f"CRC: found {given:04X}, {right:04X} is right{hint}", raw)

    def seal(self, sealed: bytes) -> bytes:
        """A frame up to its end character, with its CRC."""
        return sealed + self.pack(crc16_modbus(sealed).to_bytes(2, "big"))


HEX: Final = Layout(Mode.HEX, b"\x7e\x7e", 1)
ASCII: Final = Layout(Mode.ASCII, b"\x01", 2)
LAYOUTS: Final = {Mode.HEX: HEX, Mode.ASCII: ASCII}
MAX_FRAME: Final = max(
    HEX.head_size + MAX_SYN_BODY + 1 + HEX.crc_size, ASCII.head_size + MAX_STX_BODY + 1 + ASCII.crc_size
)
