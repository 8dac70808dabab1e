"""The frame that DL/T 645 and CJ/T 188 have in common: FE in front, 68, a header, L, L bytes of data, CS, 16.

CS is the sum modulo 256 of all bytes from the first 68 to the last byte of data. FE wakes the receiver and belongs to
no frame: 0 to 4 are usual, meters send more; before them a line that was asleep may give a few stray bytes.
"""

from typing import Final, NamedTuple

from protocols.checksums import sum8
from protocols.vocabulary.errors import ProtocolError

START: Final = 0x68
END: Final = 0x16
WAKE: Final = 0xFE
WAKE_UP: Final = bytes([WAKE]) * 4
"""What a master sends before its frame; a setting of the line."""
MAX_DATA: Final = 255
NO_FRAME: Final = -1
MAX_STRAY: Final = 16
"""Bytes that may stand before FE and 68, or behind 16, where one frame is read alone."""

Bytes = bytes | bytearray


class Layout(NamedTuple):
    """Where things stand in the frames of one standard."""

    name: str
    length_at: int
    """Where L stands, counted from 68."""
    second_at: int | None
    """Where 68 stands a second time; None: it does not."""
    address_at: int
    address_bytes: int

    @property
    def around(self) -> int:
        """Bytes of a frame without data."""
        return self.length_at + 3

    @property
    def max_frame(self) -> int:
        """Bytes of the longest frame, without FE."""
        return self.around + MAX_DATA

    def length(self, buffer: Bytes, position: int) -> int:
        """Bytes of the frame that begins here; 0 when more bytes must tell, NO_FRAME when none begins here."""
        if buffer[position] != START:
            return NO_FRAME
        left = len(buffer) - position
        if self.second_at is not None and left > self.second_at and buffer[position + self.second_at] != START:
            return NO_FRAME
        return self.around + buffer[position + self.length_at] if left > self.length_at else 0


class Found(NamedTuple):
    """One frame among the bytes of a line; its CS was checked."""

    stray: bytes
    """What stood before FE and 68."""
    preamble: int
    """How many FE."""
    frame: bytes
    """From 68 to 16."""
    trailing: bytes
    """What stood behind 16: modems append the signal strength."""


def seal(header: bytes, data: bytes, layout: Layout) -> bytes:
    """The frame of a header (68 to C) and its data.

    :raises ProtocolError: more than 255 bytes of data.
    """
    if len(data) > MAX_DATA:
        raise ProtocolError(f"{layout.name}: {len(data)} bytes of data, {MAX_DATA} are allowed", data)
    body = header + bytes([len(data)]) + data
    return body + bytes([sum8(body), END])


def open_frame(raw: bytes, layout: Layout) -> bytes:
    """Exactly one frame, checked, without the FE before it.

    :raises ProtocolError: too short, too long, no 68, no 16, or a wrong CS; the message says what was right.
    """
    frame = raw.lstrip(bytes([WAKE]))
    length = layout.length(frame, 0) if frame else 0
    if length == NO_FRAME:
        raise ProtocolError(f"{layout.name}: {_no_start(frame, layout)}", raw)
    if not length:
        raise ProtocolError(f"{layout.name}: {len(frame)} bytes: a frame has at least {layout.around}", raw)
    if length != len(frame):
        raise ProtocolError(
            f"{layout.name}: L says {frame[layout.length_at]}, so {length} bytes: found {len(frame)}", raw
        )
    if frame[-1] != END:
        raise ProtocolError(f"{layout.name}: end: found {frame[-1]:02X}, 16 is right", raw)
    given, right = frame[-2], sum8(frame[:-2])
    if given != right:
        raise ProtocolError(f"{layout.name}: CS: found {given:02X}, {right:02X} is right", raw)
    return frame


def _no_start(frame: bytes, layout: Layout) -> str:
    if frame[0] != START:
        return f"start: found {frame[0]:02X}, 68 is right"
    return f"byte {layout.second_at}: found {frame[layout.second_at or 0]:02X}, a second 68 is right"


def locate(raw: bytes, layout: Layout) -> Found:
    """The one frame among bytes as a line gives them: stray ones and FE in front, a modem's behind.

    The first place where 68, L and 16 agree is taken; if its CS is wrong, that is the error.

    :raises ProtocolError: no frame, a broken one, a second one, or more around it than MAX_STRAY.
    """
    start = _start(raw, layout)
    end = start + layout.length(raw, start)
    frame = open_frame(raw[start:end], layout)
    before, trailing = raw[:start], raw[end:]
    stray = before.rstrip(bytes([WAKE]))
    if _whole(trailing, layout) is not None:
        raise ProtocolError(f"{layout.name}: a second frame begins behind the first: one at a time, or a stream", raw)
    if len(stray) > MAX_STRAY or len(trailing) > MAX_STRAY:
        raise ProtocolError(
            f"{layout.name}: {len(stray)} bytes before the frame and {len(trailing)} behind it that are none", raw
        )
    return Found(stray, len(before) - len(stray), frame, trailing)


def _start(raw: bytes, layout: Layout) -> int:
    """:raises ProtocolError: there is none; the message tells of the first byte that could have been one."""
    start = _whole(raw, layout)
    if start is not None:
        return start
    likely = [at for at in range(len(raw)) if layout.length(raw, at) != NO_FRAME]
    bare = raw.lstrip(bytes([WAKE]))
    open_frame(raw[likely[0] :] if likely else bare, layout)
    raise ProtocolError(f"{layout.name}: no frame in {len(raw)} bytes", raw)


def _whole(raw: bytes, layout: Layout) -> int | None:
    for at in range(len(raw)):
        length = layout.length(raw, at)
        if length > 0 and at + length <= len(raw) and raw[at + length - 1] == END:
            return at
    return None
