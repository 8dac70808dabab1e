"""Answers about readings carry a strong ETag: who has them already is told so (RFC 9110 §8.8.3, §13.1.2)."""

import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from xxhash import xxh3_128_hexdigest

_PATHS: Final = re.compile(r"/api/v1/(datastreams/.+/readings|twins/[^/]+/readings|readings|latest)")
_OF_CONTENT: Final = (b"content-length", b"content-type")


class Revalidation:
    """ASGI middleware around answers that come in one piece.

    The past is not immutable here, since late readings belong to it: a copy may be kept, but has to be asked about.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the answer by its content, and leave the content out where it is known."""
        if scope["type"] != "http" or scope["method"] != "GET" or not _PATHS.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        start: Message | None = None

        async def named(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and message["status"] == 200:
                start = message
                return
            if start is not None and message["type"] == "http.response.body":
                begun, start = start, None
                if not message.get("more_body"):
                    revalidate(begun, message, known)
                await send(begun)
            await send(message)

        await self._app(scope, receive, named)


def revalidate(start: Message, body: Message, known: str) -> None:
    """Name the answer by its content, and leave the content out where it is known.

    :param known: the request's If-None-Match.
    """
    headers = MutableHeaders(raw=start["headers"])
    tag = f'"{xxh3_128_hexdigest(body["body"])}"'
    headers.add_vary_header("Accept")
    start["headers"] += [(b"etag", tag.encode()), (b"cache-control", b"private, no-cache")]
    if not known or (known.strip() != "*" and tag not in {one.strip().removeprefix("W/") for one in known.split(",")}):
        return
    start["status"] = 304
    start["headers"] = [one for one in start["headers"] if one[0] not in _OF_CONTENT]
    body["body"] = b""
