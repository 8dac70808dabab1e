"""Which bytes of a frame mean what: the rows that ``yingzhou decode --explain`` prints."""

from typing import NamedTuple


class Field(NamedTuple):
    """A run of neighbouring bytes that mean one thing."""

    start: int
    end: int
    """The place behind its last byte."""
    name: str
    """As the standard calls it."""
    meaning: str
    """In words, with unit; empty when the name says it all."""


class FieldReader:
    """Names the bytes of a frame from the first to the last, so that none is left out and none is told twice.

    The law (tests/protocols/test_codec_laws.py): the fields of an explanation lie end to end from 0 to ``len(raw)``.
    An explanation goes as far as it can: a wrong checksum or a strange byte is told in its row and does not end it.
    """

    __slots__ = ("fields", "position", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.position = 0
        self.fields: list[Field] = []

    @property
    def left(self) -> int:
        """How many bytes have no name yet."""
        return len(self.raw) - self.position

    def peek(self, count: int) -> bytes:
        """The next bytes, at most so many."""
        return self.raw[self.position : self.position + count]

    def take(self, count: int, name: str, meaning: str = "") -> bytes:
        """Name the next bytes: so many, or as many as there are, which is then told. No bytes make no row."""
        data = self.peek(count)
        if data:
            cut = f"cut off: {len(data)} of {count} bytes" if len(data) < count else ""
            told = "; ".join(part for part in (meaning, cut) if part)
            self.fields.append(Field(self.position, self.position + len(data), name, told))
            self.position += len(data)
        return data

    def rest(self, name: str, meaning: str = "") -> list[Field]:
        """Name what is left, if anything is, and give all rows."""
        self.take(self.left, name, meaning)
        return self.fields
