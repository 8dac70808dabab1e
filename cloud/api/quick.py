"""What is asked most, past FastAPI and its middleware, which take longer than the answer."""

from time import perf_counter
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cloud.api.bounds import SAFE_HEADERS
from cloud.api.context import ApiContext
from cloud.api.gatekeeper import principal
from cloud.api.question import Question, asked_by
from cloud.api.readings import READINGS_ROUTE, is_long, of_stream
from cloud.api.revalidation import revalidate
from cloud.api.tables import respond
from cloud.api.traffic import Requests
from cloud.registry.access import Principal
from cloud.store.port import Prompt

_FEW_BUCKETS: Final = 5_000
_OF_BODIES: Final = frozenset({b"content-length", b"transfer-encoding"})
_BEFORE, _, _BEHIND = READINGS_ROUTE.partition("{key:path}")


class Quick:
    """ASGI application in front of the other: a few readings of one datastream, from memory.

    All else goes on to the other; so does whatever is wrong with a request, which it answers better. Who may pass, what
    an answer carries and how it is counted is said by the same functions as there.
    """

    def __init__(self, app: ASGIApp, context: ApiContext, store: Prompt, requests: Requests) -> None:
        self._app = app
        self._context = context
        self._store = store
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        began = perf_counter()
        response = None
        if scope["type"] == "http" and scope["method"] == "GET":
            path: str = scope["path"]
            if path.startswith(_BEFORE) and path.endswith(_BEHIND):
                response = self._answer(scope, path[len(_BEFORE) : -len(_BEHIND)])
        if response is None:
            await self._app(scope, receive, send)
            return
        headers = [*response.raw_headers, *SAFE_HEADERS]
        start: dict[str, Any] = {"type": "http.response.start", "status": response.status_code, "headers": headers}
        body: dict[str, Any] = {"type": "http.response.body", "body": response.body}
        revalidate(start, body, Headers(scope=scope).get("if-none-match", ""))
        await send(start)
        await send(body)
        self._requests.answered("GET", READINGS_ROUTE, start["status"], perf_counter() - began)

    def _answer(self, scope: Scope, key: str) -> Response | None:
        context = self._context
        if any(name in _OF_BODIES for name, _ in scope["headers"]):
            return None
        try:
            who = principal(scope, context.access, context.clock.now_ms())
            if not (isinstance(who, Principal) and who.may("read")):
                return None
            asked = asked_by(scope, context)
            stream = context.directory.named(key, who.towns)
            if stream is not None and _is_plain(asked):
                with self._store.promptly():
                    found = of_stream(context.store, stream, asked)
                return respond(*found, asked.format)
        except Exception:  # noqa: BLE001 - WouldWait, or a problem: it comes again, to where all of them are answered
            return None
        return None


def _is_plain(asked: Question) -> bool:
    return not is_long(asked) and len(asked.starts) <= _FEW_BUCKETS
