"""A camera that is none, is slow, or never ends, costs a bounded time and memory."""

import asyncio
import ssl
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from edge.cameras.http import BadAnswer, Question, Server, exchange
from edge.cameras.snapshot import SnapshotSource
from protocols.vocabulary import ConfigError, LinkDown
from tests.edge.cameras.drawn import camera

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
GET = Question("GET", "/", [])


@asynccontextmanager
async def serving(serve: Serve, **options: object) -> AsyncIterator[str]:
    """Gives the URL of a server that does with each connection what it wants."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, **options)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/snapshot.jpg"


def saying(*parts: bytes, pause_s: float = 0.0, forever: bool = False) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
        while forever:
            writer.write(parts[-1])
            await writer.drain()
            await asyncio.sleep(pause_s)

    return serve


def picture(body: bytes, kind: bytes = b"image/jpeg", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (status, kind, len(body), body)


async def fetch(url: str, **options: object) -> bytes:
    source = SnapshotSource(camera(**{"url": url, "timeout_s": 2.0, "max_bytes": 20_000, **options}))
    source.open()
    return await source.fetch()


JPEG = b"\xff\xd8\xff\xe0" + bytes(5000)


@pytest.mark.parametrize(
    "answer",
    [
        picture(JPEG),
        picture(JPEG, b"Image/JPEG; charset=binary"),
        b"HTTP/1.0 200 OK\r\nContent-Type: image/jpg\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n"
        + JPEG[:5000] + b"\r\n4\r\n" + JPEG[5000:] + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + picture(JPEG),
    ],
    ids=["length", "type", "until close", "chunked", "continue"],
)  # fmt: skip
@pytest.mark.parametrize("step", [1, 100_000])
async def test_forms_of_an_answer(answer: bytes, step: int) -> None:
    pieces = [answer[at : at + step] for at in range(0, len(answer), step)] if step > 1 else [answer]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for at in range(200 if step == 1 else 0):
            writer.write(answer[at : at + 1])
            await asyncio.sleep(0)
        writer.write(answer[200:] if step == 1 else b"".join(pieces))

    async with serving(serve) as url:
        assert await fetch(url) == JPEG


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (picture(b"<html>login</html>", b"text/html"), "content_type"),
        (picture(b"<html>login</html>"), "not_a_picture"),
        (picture(b""), "not_a_picture"),
        (picture(JPEG, status=b"404 Not Found"), "http_404"),
        (picture(JPEG, status=b"500 Oops"), "http_500"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "http_302"),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "unauthorized"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 20001\r\n\r\n", "too_large"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: -1\r\n\r\n", "not_http"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 9999\r\n\r\n\xff\xd8\xff", "not_http"),
        (b"\x00\x01\x02\x03" * 20, "not_http"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not_http"),
        (b"", "not_http"),
    ],
)
async def test_what_is_no_picture_is_told_apart(answer: bytes, kind: str) -> None:
    async with serving(saying(answer)) as url:
        with pytest.raises(BadAnswer) as caught:
            await fetch(url)
        assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ((b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", b"\xff" * 65_536), "too_large"),
        (
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + bytes(65_535) + b"\r\n"),
            "too_large",
        ),
        ((b"HTTP/1.1 200 OK\r\n", b"X-Padding: " + b"a" * 5000 + b"\r\n"), "not_http"),
        ((b"HTTP/1.1 200 OK\r\nX: ", b"a" * 5000), "not_http"),
    ],
    ids=["body", "chunks", "headers", "one header"],
)
async def test_what_never_ends_is_cut(parts: tuple[bytes, ...], kind: str) -> None:
    tracemalloc.start()
    try:
        async with serving(saying(*parts, forever=True)) as url:
            with pytest.raises(BadAnswer) as caught:
                await fetch(url, timeout_s=20.0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.kind == kind
    assert peak < 4_000_000


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 10000\r\n\r\n\xff\xd8\xff", b"\x00"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (b"HTTP/1.1 100 Continue\r\n\r\n",),
        (b"",),
    ],
    ids=["body", "head", "continues", "nothing"],
)
async def test_one_byte_now_and_then_ends_at_the_time_limit(parts: tuple[bytes, ...]) -> None:
    async with serving(saying(*parts, pause_s=0.02, forever=True)) as url:
        began = time.monotonic()
        with pytest.raises(LinkDown, match=r"no whole answer within 0\.3 s"):
            await fetch(url, timeout_s=0.3)
        assert 0.25 < time.monotonic() - began < 2


async def test_nobody_there() -> None:
    with pytest.raises(LinkDown):
        await fetch("http://127.0.0.1:1/")
    with pytest.raises(LinkDown):
        await fetch("http://no-such-host.invalid/", timeout_s=5.0)


async def test_a_redirect_is_not_followed_and_the_password_goes_nowhere_else() -> None:
    asked: list[str] = []

    async def other(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())

    async with serving(other) as elsewhere:
        redirect = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n".encode()
        async with serving(saying(redirect)) as url:
            with pytest.raises(BadAnswer, match="302"):
                await fetch(url)
    assert asked == []


async def test_https_with_the_right_certificate_only(tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    for name, ca in (("right.pem", authority), ("wrong.pem", stranger)):
        ca.cert_pem.write_to_path(tmp_path / name)
    async with serving(saying(picture(JPEG)), ssl=context) as url:
        safe = url.replace("http:", "https:")
        assert await fetch(safe, ca_file=tmp_path / "right.pem") == JPEG
        with pytest.raises(LinkDown, match="certificate"):
            await fetch(safe, ca_file=tmp_path / "wrong.pem")
    with pytest.raises(ConfigError, match=r"nothing\.pem"):
        Server.of("https://h/", tmp_path / "nothing.pem")


@pytest.mark.parametrize(
    ("url", "host", "port", "base"),
    [
        ("http://10.0.0.7", "10.0.0.7", 80, "/"),
        ("http://cam:8080/a/b?c=d&e=%20", "cam", 8080, "/a/b?c=d&e=%20"),
        ("http://[fd00::7]:81/x", "fd00::7", 81, "/x"),
        ("http://cam?x=1", "cam", 80, "/?x=1"),
    ],
)
def test_urls(url: str, host: str, port: int, base: str) -> None:
    server = Server.of(url)
    assert (server.host, server.port, server.base) == (host, port, base)


@pytest.mark.parametrize("url", ["http:///x", "http://h:99999/", "http://u:p@h/", "http://[::1/", "http://a..b/"])
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(ConfigError, match="url"):
        Server.of(url)


async def test_a_question_is_sent_as_it_should_be() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(3))
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nUpload-Offset: 3\r\n\r\n")

    async with serving(serve) as url:
        question = Question("PUT", "/x?y=1", [("Content-Range", "bytes 0-2/9")], b"abc")
        answer = await exchange(Server.of(url), question, timeout_s=2)
    assert (answer.status, answer.header("upload-offset"), answer.body) == (201, "3", b"")
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "PUT /x?y=1 HTTP/1.1"
    assert {"Content-Length: 3", "Content-Range: bytes 0-2/9", "Connection: close"} <= set(lines)
    assert lines[-1] == "abc"
