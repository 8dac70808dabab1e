"""How many requests there were, of which kind, how long they took."""

from functools import lru_cache
from time import perf_counter
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"})


class Requests:
    """Counts by route, not by path: the labels stay few."""

    def __init__(self, metrics: CollectorRegistry) -> None:
        self._requests = Counter(
            "yz_http_requests_total", "Requests answered.", ("method", "route", "status"), registry=metrics
        )
        self._seconds = Histogram("yz_http_seconds", "Time to the answer's end.", ("route",), registry=metrics)
        self._counted = lru_cache(lambda *labels: (self._requests.labels(*labels), self._seconds.labels(labels[1])))

    def answered(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count one."""
        requests, seconds = self._counted(method if method in _METHODS else "other", route, str(status))
        requests.inc()
        seconds.observe(took_s)


class Traffic:
    """ASGI middleware that counts."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count and go on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._requests.answered(scope["method"], route, status, perf_counter() - started)
