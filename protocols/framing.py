"""What every stream decoder has in common: feed bytes, get frames, stay within a bound."""

from typing import Protocol, TypeVar

from protocols.vocabulary.errors import ProtocolError

Frame_co = TypeVar("Frame_co", covariant=True)


class Decoder(Protocol[Frame_co]):
    """A sans-I/O decoder of one wire format.

    The laws (tests/protocols/test_codec_laws.py): any split of the same bytes gives the same results; garbage never
    hangs and never raises out of feed: it comes back as a ProtocolError value in its place among the frames; the
    buffer never holds more than ``MAX_FRAME`` bytes.
    """

    MAX_FRAME: int

    def feed(self, data: bytes) -> "list[Frame_co | ProtocolError]":
        """Take bytes as they came; give the complete frames and the errors met, in wire order."""
        ...
