"""What is asked most, past FastAPI, which takes longer than the answer."""

from typing import Final, NamedTuple

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cloud.api.context import ApiContext
from cloud.api.question import Question, asked_by
from cloud.api.readings import READINGS_ROUTE, answered, point_of
from cloud.registry.datastreams import Datastream
from cloud.store.port import Prompt

_FEW_BUCKETS: Final = 5_000
_BEFORE, _, _BEHIND = READINGS_ROUTE.partition("{key:path}")


class _Route(NamedTuple):
    path: str


_ROUTE: Final = _Route(READINGS_ROUTE)


class Quick:
    """ASGI middleware, the innermost: a few readings of one datastream, as JSON, from memory.

    All else goes on to the routes; so does whatever is wrong with a request, which they answer better.
    """

    def __init__(self, app: ASGIApp, context: ApiContext, store: Prompt) -> None:
        self._app = app
        self._context = context
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        response = None
        if scope["type"] == "http" and scope["method"] == "GET":
            path: str = scope["path"]
            if path.startswith(_BEFORE) and path.endswith(_BEHIND):
                response = self._answer(scope, path[len(_BEFORE) : -len(_BEHIND)])
        if response is None:
            await self._app(scope, receive, send)
        else:
            scope["route"] = _ROUTE  # it is counted as the other
            await response(scope, receive, send)

    def _answer(self, scope: Scope, key: str) -> Response | None:
        context, who = self._context, scope["state"]["principal"]
        if not who.may("read"):
            return None
        try:
            asked = asked_by(scope, context)
            stream = context.directory.locate(point_of(key), who.towns)
            if isinstance(stream, Datastream) and _is_plain(asked):
                with context.turns.aside(), self._store.promptly():
                    return answered(context, stream, asked)
        except Exception:  # noqa: BLE001 - WouldWait, or a problem: it comes again, to where all of them are answered
            return None
        return None


def _is_plain(asked: Question) -> bool:
    return asked.format == "json" and len(asked.starts) <= _FEW_BUCKETS
