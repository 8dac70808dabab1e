"""Bodies have a bound, and every answer carries the headers that keep a browser safe."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.api.problems import refusal
from cloud.config import Limits

WRITE_PATH: Final = "/api/v2/write"
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_DOCS_POLICY: Final = (  # Swagger UI and ReDoc start by an inline script and draw with inline styles
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_DOCS: Final = frozenset({"/docs", "/redoc"})
_SAFE: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]
"""Nothing else sets them: they are added as they are, which takes a tenth of the time."""
SAFE_HEADERS: Final = [*_SAFE, (b"content-security-policy", _POLICY.encode())]
_FOR_DOCS: Final = [*_SAFE, (b"content-security-policy", _DOCS_POLICY.encode())]


class BodyBound:
    """ASGI middleware: a longer body is answered 413, by its announced length or as soon as it has grown too long."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = self._limits.write_bytes if scope["path"] == WRITE_PATH else self._limits.body_bytes
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isascii() or not announced.isdigit() or int(announced[:20]) > bound:
            await refusal(scope, 413, f"the body is longer than {bound} bytes")(scope, receive, send)
            return
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > bound:
                raise HTTPException(413, f"the body is longer than {bound} bytes")
            return message

        await self._app(scope, bounded, send)


class SafeHeaders:
    """ASGI middleware: what a browser may do with our answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the answer's own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *(_FOR_DOCS if path in _DOCS else SAFE_HEADERS)]
                if path.startswith("/api/") or path == "/login":
                    MutableHeaders(raw=headers).setdefault("Cache-Control", "no-store")
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, with_headers)
