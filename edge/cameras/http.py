"""One HTTP/1.1 request and its answer, bounded in size and time (RFC 9112, by h11)."""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

import h11

from edge.cameras.urls import split_url
from protocols.vocabulary import ConfigError, LinkDown, ProtocolError

MAX_HEAD: Final = 32 << 10
"""Bytes of an answer's head."""
_CHUNK: Final = 65_536
Headers = list[tuple[str, str]]


class BadAnswer(ProtocolError):
    """An answer that is of no use.

    :param kind: the name of its counter: ``not_http``, ``too_large``, ``content_type``, ``unauthorized``,
        ``http_404``...
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Server:
    """Where requests go."""

    host: str
    port: int
    authority: str
    """The Host header."""
    base: str
    """Path and query of the URL, at least ``/``."""
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, url: str, ca_file: Path | None = None) -> Self:
        """Reads ``ca_file``.

        :raises ConfigError: the URL is none, or the certificates cannot be read.
        """
        try:
            parts = split_url(url)
        except ValueError as error:
            raise ConfigError(f"url {url!r}: {error}") from None
        tls = None
        if parts.scheme == "https":
            try:
                tls = ssl.create_default_context(cafile=ca_file)
            except OSError as error:  # ssl.SSLError is one
                raise ConfigError(f"ca_file {ca_file}: {error.strerror or error}") from None
        base = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        base = base if base.startswith("/") else f"/{base}"
        return cls(parts.hostname or "", parts.port or (443 if tls else 80), parts.netloc, base, tls)


class Question(NamedTuple):
    """What is asked; Host, Connection and Content-Length are added."""

    method: str
    target: str
    headers: Headers
    body: bytes = b""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Headers
    """Names in lower case."""
    body: bytes
    """Empty unless the status is 200."""

    def header(self, name: str) -> str:
        """The first of that name; empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")


async def exchange(server: Server, question: Question, *, timeout_s: float, max_bytes: int | None = None) -> Answer:
    """Ask on a connection of its own. Redirects are answers like others.

    :param timeout_s: for all of it, from the look-up of the name to the last byte.
    :param max_bytes: of the answer's body; None: it is not read, and neither is that of answers other than 200.
    :raises LinkDown: nobody is there, it took too long, or the line was cut.
    :raises BadAnswer: what came is no HTTP, or too long.
    """
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(server.host, server.port, ssl=server.tls)
            try:
                writer.write(_sent(wire := _wire(), server.authority, question))
                answer = await _answer(reader, wire, max_bytes)
                writer.close()
            except h11.RemoteProtocolError as error:
                raise BadAnswer("not_http", f"{server.authority}: {error!s:.80}") from None
            finally:
                if not writer.is_closing():
                    writer.transport.abort()
    except TimeoutError:
        raise LinkDown(f"{server.authority}: no whole answer within {timeout_s:g} s") from None
    except OSError as error:  # ssl.SSLError is one
        raise LinkDown(f"{server.authority}: {error.strerror or error}") from None
    return answer


def _wire() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)


def _sent(wire: h11.Connection, authority: str, question: Question) -> bytes:
    headers = [("Host", authority), ("Connection", "close"), ("User-Agent", "yingzhou"), *question.headers]
    if question.method not in {"GET", "HEAD"}:
        headers.append(("Content-Length", str(len(question.body))))
    events: list[h11.Event] = [h11.Request(method=question.method, target=question.target, headers=headers)]
    if question.body:
        events.append(h11.Data(data=question.body))
    return b"".join(wire.send(event) or b"" for event in (*events, h11.EndOfMessage()))


async def _answer(reader: asyncio.StreamReader, wire: h11.Connection, max_bytes: int | None) -> Answer:
    head = await _event(reader, wire)
    while isinstance(head, h11.InformationalResponse):
        head = await _event(reader, wire)
    if not isinstance(head, h11.Response):
        raise BadAnswer("not_http", "hung up without an answer")
    found = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
    answer = Answer(head.status_code, found, b"")
    if head.status_code != 200 or max_bytes is None:
        return answer
    return answer._replace(body=await _body(reader, wire, answer, max_bytes))


async def _body(reader: asyncio.StreamReader, wire: h11.Connection, answer: Answer, max_bytes: int) -> bytes:
    announced = answer.header("content-length")
    if announced and int(announced) > max_bytes:
        raise BadAnswer("too_large", f"{announced[:20]} bytes announced, {max_bytes} are allowed")
    parts: list[bytes] = []
    size = 0
    while isinstance(event := await _event(reader, wire), h11.Data):
        parts.append(bytes(event.data))
        size += len(event.data)
        if size > max_bytes:
            raise BadAnswer("too_large", f"more than {max_bytes} bytes")
    return b"".join(parts)


async def _event(reader: asyncio.StreamReader, wire: h11.Connection) -> h11.Event | None:
    """The next one; None: there will be none."""
    while (event := wire.next_event()) is h11.NEED_DATA:
        wire.receive_data(await reader.read(_CHUNK))
    return event if isinstance(event, h11.Event) else None
