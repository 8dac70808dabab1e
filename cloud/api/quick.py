"""What is asked most, past FastAPI's resolving of dependencies, which takes longer than the answer."""

from contextlib import suppress
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cloud.api.context import ApiContext
from cloud.api.gatekeeper import read_scope
from cloud.api.question import Question, question_of
from cloud.api.readings import READINGS_PATH, datastream_readings, point_of
from cloud.registry.access import Principal
from cloud.registry.datastreams import Datastream
from cloud.store.port import Prompt, WouldWait

_FEW_BUCKETS: Final = 5_000


async def _readings(request: Request) -> Response:
    who = await read_scope(request)
    asked = await question_of(request)
    context, key = request.app.state.context, request.path_params["key"]
    if asked.format == "json" and _is_small(context, who, key, asked):
        with suppress(WouldWait), context.turns.aside(), context.store.promptly():
            return datastream_readings(context, who, key, asked)
    return await run_in_threadpool(datastream_readings, context, who, key, asked)


def _is_small(context: ApiContext, who: Principal, key: str, asked: Question) -> bool:
    """Whether a thread would cost more than the answer."""
    store = context.store
    if not isinstance(store, Prompt) or len(asked.starts) > _FEW_BUCKETS:
        return False
    found = context.directory.locate(point_of(key), who.towns)
    return isinstance(found, Datastream) and store.is_small(found.number, asked.from_ms, asked.to_ms)


ROUTES: Final = (Route(f"/api/v1{READINGS_PATH}", _readings, methods=["GET"]),)
"""Each stands before the one of the same path that is in the documentation, and calls the same function."""
