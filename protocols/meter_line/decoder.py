"""Meters' frames out of a stream of bytes."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from protocols.framing import Noise
from protocols.meter_line.frame import END, NO_FRAME, START, WAKE, Layout
from protocols.vocabulary.errors import ProtocolError


class Remembering(Protocol):
    """A frame that knows its bytes."""

    @property
    def raw(self) -> bytes: ...


Read = TypeVar("Read", bound=Remembering)


class MeterDecoder(Generic[Read]):
    """Frames of both directions out of a stream. Obeys protocols.framing.Decoder.

    A frame whose 68, L and 16 agree and whose CS is wrong is an error in its place, and the next one is looked for
    from its second byte on: a lost byte costs one frame, never the next. A 68 in noise may announce more bytes than
    ever come: tell the decoder when the line was silent.

    :param read: what makes a value of the bytes from 68 to 16.
    :param modem_bytes: how many bytes a modem appends behind 16; FE and 68 are never taken for them.
    """

    def __init__(self, layout: Layout, read: Callable[[bytes], Read], modem_bytes: int = 0) -> None:
        self._layout = layout
        self._read = read
        self._modem_bytes = modem_bytes
        self._skip = 0
        self._buffer = bytearray()
        self._noise = Noise(layout.max_frame, bytes([WAKE]))

    def feed(self, data: bytes) -> list[Read | ProtocolError]:
        """Take bytes; give the frames that are complete and the errors met, in wire order."""
        self._buffer += data
        return self._scan(at_rest=False)

    def silence(self) -> list[Read | ProtocolError]:
        """The line was silent for longer than a frame's bytes may be apart: what is incomplete stays so."""
        return [*self._scan(at_rest=True), *self._noise.end()]

    def _scan(self, *, at_rest: bool) -> list[Read | ProtocolError]:
        buffer = self._buffer
        found: list[Read | ProtocolError] = []
        start = position = self._skipped()
        while position < len(buffer):
            length = self._layout.length(buffer, position)
            missing = length == 0 or position + length > len(buffer)
            if missing and not at_rest:
                break
            if missing or length == NO_FRAME or buffer[position + length - 1] != END:
                position += 1
                continue
            found += self._noise.add(bytes(buffer[start:position]))
            found += self._noise.end()
            result = self._result(bytes(buffer[position : position + length]))
            found.append(result)
            if isinstance(result, ProtocolError):
                self._noise.mute()
                start = position = position + 1
            else:
                self._skip = self._modem_bytes
                start = position = self._skipped(position + length)
        found += self._noise.add(bytes(buffer[start:position]))
        del buffer[:position]
        return found

    def _skipped(self, position: int = 0) -> int:
        """The place behind the bytes of a modem, as far as they have come."""
        while self._skip and position < len(self._buffer):
            if self._buffer[position] in (START, WAKE):
                self._skip = 0
            else:
                self._skip -= 1
                position += 1
        return position

    def _result(self, raw: bytes) -> Read | ProtocolError:
        try:
            return self._read(raw)
        except ProtocolError as error:
            return ProtocolError(str(error), raw)
