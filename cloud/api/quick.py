"""What is asked most, past FastAPI's resolving of dependencies, which takes longer than the answer."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cloud.api.gatekeeper import read_scope
from cloud.api.question import question_of
from cloud.api.readings import READINGS_PATH, datastream_readings


async def _readings(request: Request) -> Response:
    who = await read_scope(request)
    asked = await question_of(request)
    context, key = request.app.state.context, request.path_params["key"]
    return await run_in_threadpool(datastream_readings, context, who, key, asked)


ROUTES: Final = (Route(f"/api/v1{READINGS_PATH}", _readings, methods=["GET"]),)
"""Each stands before the one of the same path that is in the documentation, and calls the same function."""
