"""The application: routers, and around them who may pass, bounds, safe headers and counting."""

from importlib.metadata import version
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp

from cloud.api import (
    alarms,
    backups,
    commands,
    configurations,
    console,
    discovered,
    events,
    gateways,
    health,
    installations,
    keys,
    latest,
    many,
    metric_names,
    neurons,
    pictures,
    problems,
    quarantine,
    readings,
    rules,
    senml,
    stream,
    towns,
    twins,
    webhooks,
    write,
)
from cloud.api.bounds import BodyBound, SafeHeaders
from cloud.api.context import ApiContext
from cloud.api.gatekeeper import DOCUMENTED, Gatekeeper
from cloud.api.quick import Quick
from cloud.api.revalidation import Revalidation
from cloud.api.traffic import Requests, Traffic
from cloud.store.port import Prompt

CONSOLE: Final = Path(__file__).parents[1] / "console"
_ROUTERS: Final = (
    twins,
    installations,
    neurons,
    metric_names,
    discovered,
    gateways,
    readings,
    latest,
    many,
    stream,
    towns,
    quarantine,
    keys,
    write,
    senml,
    rules,
    alarms,
    events,
    pictures,
    webhooks,
    commands,
    configurations,
    backups,
)


def create_app(context: ApiContext, *routers: APIRouter, console_folder: Path = CONSOLE) -> FastAPI:
    """The ASGI application.

    :param routers: further routes; they stand behind the same gatekeeper.
    """
    app = FastAPIOffline(
        title="Yingzhou",
        version=version("yingzhou"),
        summary="Twins, neurons and their readings.",
        swagger_ui_parameters={"persistAuthorization": False},
    )
    app.state.context = context
    for router in (*(module.router for module in _ROUTERS), *routers):
        app.include_router(router, dependencies=[DOCUMENTED])
    console.install(app, console_folder)
    return _guarded(app, context)


def in_front(app: FastAPI, context: ApiContext) -> ASGIApp:
    """The application with what is asked most in front of it."""
    if not isinstance(context.store, Prompt):
        return app
    return Quick(app, context, context.store, app.state.requests)


def create_worker_app(context: ApiContext) -> FastAPI:
    """That of an ingest worker: how it is, and its metrics."""
    app = FastAPI(openapi_url=None)
    app.state.context = context
    return _guarded(app, context)


def _guarded(app: FastAPI, context: ApiContext) -> FastAPI:
    problems.install(app)
    app.include_router(health.router)
    app.add_middleware(BodyBound, limits=context.limits)
    app.add_middleware(Gatekeeper, access=context.access, signatures=context.signatures, clock=context.clock)
    app.add_middleware(Revalidation)
    app.add_middleware(SafeHeaders)
    app.state.requests = Requests(context.metrics)
    app.add_middleware(Traffic, requests=app.state.requests)
    return app
