"""What one wire format brings to the laws of all codecs: its laws.py, gathered in tests/protocols/registry.py."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from protocols.fields import Field


@dataclass(frozen=True)
class Codec:
    """One wire format that comes as a stream."""

    decoder: Callable[[], Any]
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    values: st.SearchStrategy[Any]
    lost_after_garbage: int = 0
    """How many right frames garbage in front of them may cost, when a length in it swallows them."""
    begins: Callable[[bytes], bool] = lambda _: False
    """Whether bytes look like the head of a frame where nothing but a head tells one: garbage that does may hide the
    frames behind it for ever, when they look like heads again where it ends."""
    checksum_at_end: int = 0
    """How many bytes at the end of a frame the checksum and what follows it take; 0: the format has none."""


@dataclass(frozen=True)
class Message:
    """One wire format, or a part of one, that comes whole: a datagram, a payload, a body."""

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    values: st.SearchStrategy[Any]


@dataclass(frozen=True)
class Laws:
    """All rows of one wire format."""

    streams: dict[str, Codec] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    readers: dict[str, Callable[[bytes], Any]] = field(default_factory=dict)
    """A result or ProtocolError for any bytes; ``decode`` of streams and messages needs no row."""
    explainers: dict[str, Callable[[bytes], list[Field]]] = field(default_factory=dict)
    """Their fields lie end to end, whatever the bytes."""
    golden: list[bytes] = field(default_factory=list)
    """Right frames, to be mutated."""
    garbage: list[bytes] = field(default_factory=list)
    """Byte runs that look like the start of something."""
