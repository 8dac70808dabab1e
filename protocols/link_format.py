"""CoRE link format, RFC 6690: links with attributes, as ``/.well-known/core`` and LwM2M registrations carry them."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from protocols.vocabulary.errors import FrameTooLong, ProtocolError

CONTENT_FORMAT: Final = 40
MAX_BYTES: Final = 65_536
MAX_LINKS: Final = 1_024
MAX_ATTRIBUTES: Final = 32

_TARGET: Final = re.compile(r"<([^<>\x00-\x20\x7f]*)>")
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_NAME: Final = re.compile(r"[A-Za-z0-9!#$&+.^_`|~-]+\*?")
_QUOTED: Final = re.compile(r'"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x1f\x7f])*)"')
_BARE: Final = re.compile(r"[A-Za-z0-9!#$%&'()*+./:<=>?@\[\]^_`{|}~-]+")
_ESCAPE: Final = re.compile(r"\\(.)")


class Link(NamedTuple):
    """One link, its attributes in the order in which they came."""

    target: str
    """As it stands between < and >."""
    attributes: tuple[tuple[str, str | None], ...] = ()
    """Name and value without its quotes; None when there is no ``=``."""

    def attribute(self, name: str) -> str | None:
        """The first one of the name; None when it has no value or is not there."""
        return next((value for key, value in self.attributes if key == name), None)


def decode(payload: bytes) -> list[Link]:
    """Read a list of links; blanks around commas and semicolons are no part of them. No bytes are no links.

    :raises ProtocolError: not UTF-8, or not the form ``<target>;name=value,<target>``; the message says where.
    """
    if len(payload) > MAX_BYTES:
        raise FrameTooLong(f"link format: {len(payload)} bytes, {MAX_BYTES} are allowed", payload[:64])
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"link format: no UTF-8 at byte {error.start}", payload) from None
    reader = _Reader(text, payload)
    if reader.at_end():
        return []
    links = [reader.link()]
    while not reader.at_end():
        reader.expect(",")
        links.append(reader.link())
        if len(links) > MAX_LINKS:
            raise FrameTooLong(f"link format: more than {MAX_LINKS} links", payload[:64])
    return links


def encode(links: Iterable[Link]) -> bytes:
    """Write a list of links; a value that is no run of plain characters is put in quotes.

    :raises ProtocolError: a target, a name or a value has a character that cannot be written.
    """
    return ",".join(_written(link) for link in links).encode()


def _written(link: Link) -> str:
    parts = [f"<{link.target}>"]
    for name, value in link.attributes:
        bare = value is None or _BARE.fullmatch(value) is not None
        escaped = "" if value is None else value.replace("\\", r"\\").replace('"', r"\"")
        parts.append(name if value is None else f"{name}={value}" if bare else f'{name}="{escaped}"')
    text = ";".join(parts)
    try:
        whole = decode(text.encode()) == [link]
    except (ProtocolError, UnicodeEncodeError):
        whole = False
    if not whole:
        raise ProtocolError(f"link format: {link.target!r:.80} cannot be written")
    return text


class _Reader:
    """Walks over the text; each step is one match at a place, so that time is linear."""

    __slots__ = ("_payload", "_text", "position")

    def __init__(self, text: str, payload: bytes) -> None:
        self._text = text
        self._payload = payload
        self.position = 0

    def at_end(self) -> bool:
        self._skip()
        return self.position == len(self._text)

    def expect(self, character: str) -> None:
        if self._text[self.position : self.position + 1] != character:
            raise self._error(repr(character))
        self.position += 1

    def link(self) -> Link:
        self._skip()
        target = self._take(_TARGET, "<target>")
        attributes = []
        while self._next_is(";"):
            self.expect(";")
            attributes.append(self._attribute())
            if len(attributes) > MAX_ATTRIBUTES:
                raise self._error(f"at most {MAX_ATTRIBUTES} attributes")
        return Link(target[1], tuple(attributes))

    def _attribute(self) -> tuple[str, str | None]:
        self._skip()
        name = self._take(_NAME, "an attribute's name")[0]
        if not self._next_is("="):
            return name, None
        self.expect("=")
        self._skip()
        if self._text.startswith('"', self.position):
            return name, _ESCAPE.sub(r"\1", self._take(_QUOTED, "a value that ends with a quote")[1])
        return name, self._take(_BARE, f"a value for {name}")[0]

    def _next_is(self, character: str) -> bool:
        self._skip()
        return self._text.startswith(character, self.position)

    def _skip(self) -> None:
        self.position = _BLANKS.match(self._text, self.position).end()  # type: ignore[union-attr]  # matches anything

    def _take(self, form: re.Pattern[str], expected: str) -> re.Match[str]:
        match = form.match(self._text, self.position)
        if match is None:
            raise self._error(expected)
        self.position = match.end()
        return match

    def _error(self, expected: str) -> ProtocolError:
        found = self._text[self.position : self.position + 16]
        what = repr(found) if found else "the end"
        return ProtocolError(
            f"link format: character {self.position}: expected {expected}, found {what}", self._payload
        )
