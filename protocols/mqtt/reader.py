"""A stream of bytes to packets (§2.1), however they are cut."""

from collections.abc import Iterator
from typing import Final

from protocols.vocabulary.errors import ProtocolError

_HEADER: Final = 2
"""Bytes of the shortest packet."""


class PacketReader:
    """Fed with what comes; gives whole packets, also those it was fed with before.

    :param longest: bytes of a packet behind its length; a broker that announces more is not listened to.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._pieces: list[bytes] = []
        self._have = 0
        self._need = _HEADER

    def feed(self, data: bytes) -> None:
        """Take bytes as they come."""
        self._pieces.append(data)
        self._have += len(data)

    def packets(self) -> Iterator[tuple[int, bytes]]:
        """First byte and body of each that is whole; who stops asking gets the next ones later.

        :raises ProtocolError: a length is more than ``longest``, or none.
        """
        while self._have >= self._need:
            data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            at, need = 0, _HEADER
            try:
                while True:
                    begin, length = _body(data, at)
                    if length > self._longest:
                        raise ProtocolError(
                            f"a packet of {length} bytes: at most {self._longest} are expected", data[:64]
                        )
                    if not begin or begin + length > len(data):
                        need = begin + length - at if begin else len(data) - at + 1
                        break
                    first, at = data[at], begin + length
                    yield first, data[begin:at]
            finally:
                self._pieces = [data[at:]] if at < len(data) else []
                self._have, self._need = len(data) - at, max(need, _HEADER)


def _body(data: bytes, at: int) -> tuple[int, int]:
    """Where the body of the packet at ``at`` begins and how long it is; 0, 0: not enough is there to say.

    :raises ProtocolError: the length is longer than four bytes (§2.1.4).
    """
    length = 0
    for place in range(4):
        if at + place + 1 >= len(data):
            return 0, 0
        one = data[at + place + 1]
        length |= (one & 127) << 7 * place
        if not one & 128:
            return at + place + 2, length
    raise ProtocolError("a length of more than four bytes", data[at : at + 5])
