"""The application behind a real uvicorn on a free port of loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

import uvicorn
from starlette.types import ASGIApp

from cloud.api.head import BoundedHead

Result = TypeVar("Result")


class Served(NamedTuple):
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def in_thread(self, call: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(None, call, *arguments)


class _Announcing(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        self.up.set()


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[Served]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, http=BoundedHead, log_config=None, lifespan="off")
    server = _Announcing(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server._serve(sockets=None))
        await server.up.wait()
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        try:
            yield Served(host, port)
        finally:
            server.should_exit = True
