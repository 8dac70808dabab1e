"""What every stream decoder has in common: feed bytes, get frames, stay within a bound."""

from typing import Protocol, TypeVar

from protocols.vocabulary.errors import ProtocolError

Frame = TypeVar("Frame")


class Decoder(Protocol[Frame]):
    """A sans-I/O decoder of one wire format.

    The laws (tests/protocols/test_codec_laws.py): any split of the same bytes gives the same results; garbage never
    hangs and never raises out of feed: it comes back as a ProtocolError value in its place among the frames; the
    buffer never holds more than ``MAX_FRAME`` bytes.
    """

    MAX_FRAME: int

    def feed(self, data: bytes) -> "list[Frame | ProtocolError]":
        """Take bytes as they came; give the complete frames and the errors met, in wire order."""
        ...


class Noise:
    """Bytes between frames, gathered into one ProtocolError per run, the same however the bytes were split.

    :param limit: a run this long is reported and a new one begins, so that an endless one is noticed.
    :param idle: bytes that may stand between frames without being noise, such as CR and LF.
    """

    __slots__ = ("_count", "_head", "_idle", "_limit", "_muted")

    HEAD = 64

    def __init__(self, limit: int, idle: bytes = b"") -> None:
        self._limit = limit
        self._idle = idle
        self._head = b""
        self._count = 0
        self._muted = False

    def add(self, data: bytes) -> list[ProtocolError]:
        """Take bytes that belong to no frame; give an error for each run that reached the limit."""
        if self._muted:
            return []
        if not self._count:
            data = data.lstrip(self._idle)
        errors = []
        while self._count + len(data) >= self._limit:
            room = self._limit - self._count
            self._take(data[:room])
            data = data[room:]
            errors += self.end()
        self._take(data)
        return errors

    def mute(self) -> None:
        """What follows belongs to a frame that was already reported: say nothing until the next end."""
        self._muted = True

    def end(self) -> list[ProtocolError]:
        """A frame begins: give the error of the run before it, if there was one."""
        self._muted = False
        if not self._count:
            return []
        error = ProtocolError(f"{self._count} bytes that are no frame: {self._head[:16].hex(' ')}", self._head)
        self._head, self._count = b"", 0
        return [error]

    def _take(self, data: bytes) -> None:
        self._count += len(data)
        self._head += data[: self.HEAD - len(self._head)]
