"""One frame of either mode, from its start mark to its CRC: SL 651-2014 §6.2.3, Tables 16 to 23."""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from protocols.sl651.control import Direction, End, Mode, Start
from protocols.sl651.layout import ASCII, HEX, LAYOUTS, MAX_FRAME, Head, Layout
from protocols.sl651.stations import station_bytes
from protocols.vocabulary.errors import ProtocolError

__all__ = ["MAX_FRAME", "Frame", "Packet", "decode", "encode", "open_frame"]

_PASSWORD = re.compile(r"[0-9A-F]{4}")
_OPENING: Final = {Mode.HEX: 8, Mode.ASCII: 16}
"""Bytes of serial number and send time."""


class Packet(NamedTuple):
    """Which part of a message it is (the 12 + 12 bits behind SYN)."""

    total: int
    """1..4095."""
    number: int
    """1..total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame whose length and CRC are right; what its body says, protocols.sl651.body reads."""

    direction: Direction
    station: str
    """Five bytes as 10 hexadecimal digits, upper case."""
    centre: int
    """0..255; the standard has 1..255."""
    function: int
    """0..255, see protocols.sl651.functions; an unlisted one is carried."""
    body: bytes
    """As it was sent, without the packet's total and number; in ASCII mode these are characters."""
    end: End
    password: str = "0000"  # noqa: S105  # two bytes in the clear: the default of the wire
    """Four hexadecimal digits, upper case."""
    packet: Packet | None = None
    """None: the whole message is in this frame (STX)."""
    mode: Mode = Mode.HEX
    raw: bytes = field(default=b"", compare=False, repr=False)
    """What it was read from; empty when it was made, or joined from packets."""

    @property
    def start(self) -> Start:
        """STX, or SYN for a part of a message."""
        return Start.STX if self.packet is None else Start.SYN

    @property
    def opens(self) -> bool:
        """Whether serial number and send time stand at the body's beginning: only a message's first part has them.

        What a centre sends is never cut: its packet number says which packet of the station it is about (Table 23).
        """
        return self.packet is None or self.packet.number == 1 or self.direction is Direction.DOWN

    @property
    def is_part(self) -> bool:
        """Whether there is more of the message in other frames."""
        return self.packet is not None and self.packet.total > 1 and self.direction is Direction.UP

    @property
    def serial(self) -> int | None:
        """0..65535; None in a later part of a message.

        :raises ProtocolError: the body is too short for it.
        """
        return int(self._opening()[:4], 16) if self.opens else None

    @property
    def send_time(self) -> str | None:
        """YYMMDDHHmmSS, 12 digits as they were sent; None in a later part of a message.

        :raises ProtocolError: the body is too short for it, or it is not decimal.
        """
        if not self.opens:
            return None
        digits = self._opening()[4:]
        if not digits.isdecimal():
            raise ProtocolError(f"send time: {digits} has a digit above 9", self.raw)
        return digits

    @property
    def content(self) -> bytes:
        """The body behind serial number and send time."""
        return self.body[_OPENING[self.mode] :] if self.opens else self.body

    def _opening(self) -> str:
        size = _OPENING[self.mode]
        if len(self.body) < size:
            raise ProtocolError(
                f"body of {len(self.body)} bytes: expected serial number and send time, {size} bytes", self.raw
            )
        return LAYOUTS[self.mode].unpack(self.body[:size], "serial number and send time").hex().upper()


def decode(raw: bytes) -> Frame:
    """Read exactly one frame.

    :raises ProtocolError: it is not one; a wrong length and a wrong CRC are told with the right one.
    """
    return open_frame(raw, LAYOUTS[_mode_of(raw)].crc(raw))


def _mode_of(raw: bytes) -> Mode:
    if raw.startswith(HEX.mark):
        return Mode.HEX
    if raw.startswith(ASCII.mark):
        return Mode.ASCII
    raise ProtocolError(f"start: expected 7E7E (HEX mode) or 01 (ASCII mode), found {raw[:2].hex().upper()}", raw)


def open_frame(raw: bytes, crc: int) -> Frame:
    """Read exactly one frame whose CRC, as it should be, was computed already.

    :raises ProtocolError: as :func:`decode`.
    """
    layout = LAYOUTS[_mode_of(raw)]
    head = layout.head(raw)
    found = len(raw) - layout.head_size - 1 - layout.crc_size
    if found != head.length:
        raise ProtocolError(f"length field says {head.length}, the body has {max(found, 0)} bytes", raw)
    layout.check_crc(raw, crc)
    body = raw[layout.head_size : -1 - layout.crc_size]
    packet = None
    if head.start is Start.SYN:
        packet = _packet(layout.unpack(body[: layout.packet_size], "packet total and number"), raw)
        body = body[layout.packet_size :]
    return Frame(
        direction=head.direction,
        station=head.station,
        centre=head.centre,
        password=head.password,
        function=head.function,
        body=body,
        end=layout.end(raw),
        packet=packet,
        mode=layout.mode,
        raw=raw,
    )


def _packet(data: bytes, raw: bytes) -> Packet:
    if len(data) != 3:
        raise ProtocolError("packet total and number: expected 3 bytes", raw)
    word = int.from_bytes(data, "big")
    packet = Packet(word >> 12, word & 0xFFF)
    if not 1 <= packet.number <= packet.total:
        raise ProtocolError(f"packet {packet.number} of {packet.total}: expected 1 to the total", raw)
    return packet


def encode(frame: Frame) -> bytes:
    """The frame as it is sent.

    :raises ProtocolError: a field is out of its range, or the body is too long.
    """
    layout = LAYOUTS[frame.mode]
    body = _written_packet(frame.packet, layout) + frame.body
    if _PASSWORD.fullmatch(frame.password) is None:
        raise ProtocolError(f"password {frame.password!r:.40}: expected 4 hexadecimal digits, upper case")
    for name, value in (("centre", frame.centre), ("function", frame.function)):
        if not 0 <= value <= 255:
            raise ProtocolError(f"{name} {value}: expected 0 to 255")
    station_bytes(frame.station)
    head = Head(frame.direction, frame.station, frame.centre, frame.password, frame.function, len(body), frame.start)
    return layout.seal(layout.write_head(head) + body + bytes([frame.end]))


def _written_packet(packet: Packet | None, layout: Layout) -> bytes:
    if packet is None:
        return b""
    if not 1 <= packet.number <= packet.total <= 0xFFF:
        raise ProtocolError(f"packet {packet.number} of {packet.total}: expected 1 to the total, at most 4095")
    return layout.pack((packet.total << 12 | packet.number).to_bytes(3, "big"))
