"""Errors as problem details (RFC 9457), whatever went wrong."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from cloud.registry.errors import Conflict, Invalid, NotFound, RegistryError
from cloud.store.port import StoreError
from protocols.vocabulary import LinkDown

MEDIA_TYPE: Final = "application/problem+json"
_STATUS: Final[dict[type[RegistryError], int]] = {NotFound: 404, Conflict: 409, Invalid: 422}
_INFLUX_CODES: Final = {
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    413: "request too large",
    503: "unavailable",
}
_TITLES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}  # RFC 9110; Python says it by its version
_MOST_ERRORS: Final = 50
RETRY_AFTER_S: Final = "5"


class Problem(Exception):
    """An answer that is an error.

    :param status: HTTP status.
    :param detail: one line for the one who asked.
    :param errors: per field, each with ``detail`` and ``pointer`` (into the body) or ``parameter``.
    :param retry_after_s: when it may be asked again.
    """

    def __init__(
        self, status: int, detail: str, errors: Sequence[dict[str, str]] = (), *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(detail)
        self.headers = None if retry_after_s is None else {"Retry-After": str(retry_after_s)}
        self.status = status
        self.detail = detail
        self.errors = errors


def wrong_parameter(name: str, detail: str) -> Problem:
    """A query parameter that cannot be right."""
    return Problem(422, f"{name}: {detail}", [{"detail": detail, "parameter": name}])


def wrong_field(pointer: str, detail: str) -> Problem:
    """A member of the body that cannot be right; the pointer is RFC 6901 without the ``#``."""
    return Problem(422, detail, [{"detail": detail, "pointer": f"#/{pointer}"}])


def answer(
    status: int, detail: str, errors: Sequence[dict[str, str]] = (), headers: dict[str, str] | None = None
) -> Response:
    """The problem as it goes out."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
    }
    if detail:
        body["detail"] = _sendable(detail)
    if errors:
        body["errors"] = [{name: _sendable(text) for name, text in one.items()} for one in errors[:_MOST_ERRORS]]
    return Response(msgspec.json.encode(body), status, headers, MEDIA_TYPE)


def refusal(
    scope: Scope, status: int, detail: str, headers: dict[str, str] | None = None, *, line: int | None = None
) -> Response:
    """A no in the words of the path: InfluxDB's for its write route, a problem elsewhere.

    :param line: the first of line protocol that was not taken.
    """
    if not scope["path"].startswith("/api/v2/"):
        if status == HTTPStatus.UNAUTHORIZED:
            headers = {"WWW-Authenticate": "Bearer"}
        return answer(status, detail, headers=headers)
    code = _INFLUX_CODES.get(status, "invalid")
    message = "unauthorized access" if status == HTTPStatus.UNAUTHORIZED else _sendable(detail)
    told = {"code": code, "message": message} if line is None else {"code": code, "message": message, "line": line}
    body = msgspec.json.encode(told)
    return Response(body, status, headers, "application/json")


def install(app: FastAPI) -> None:
    """Answer every error of the application as a problem."""

    @app.exception_handler(Problem)
    async def problem(_request: Request, error: Problem) -> Response:
        return answer(error.status, error.detail, error.errors, error.headers)

    @app.exception_handler(RegistryError)
    async def registry(_request: Request, error: RegistryError) -> Response:
        fields = [{"detail": str(error), "pointer": f"#/{error.field}"}] if error.field else ()
        return answer(_STATUS[type(error)], str(error), fields)

    @app.exception_handler(StoreError)
    @app.exception_handler(LinkDown)
    async def unavailable(request: Request, error: LinkDown | StoreError) -> Response:
        return refusal(request.scope, 503, str(error), {"Retry-After": RETRY_AFTER_S})

    @app.exception_handler(IntegrityError)
    async def integrity(_request: Request, _error: IntegrityError) -> Response:
        return answer(409, "somebody else wrote the same at the same moment; ask again")

    @app.exception_handler(RequestValidationError)
    async def validation(_request: Request, error: RequestValidationError) -> Response:
        found = error.errors()
        for one in found:
            if one["type"] == "json_invalid":  # its place is a number of characters, which points at no member
                return answer(400, f"the body is no JSON: {one['ctx']['error']} at character {one['loc'][-1]}")
        return answer(422, "the request is not as it should be", [_member(one) for one in found])

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return refusal(request.scope, error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, _error: Exception) -> Response:
        return answer(500, "an error of ours; it is in the log")


def _member(error: dict[str, Any]) -> dict[str, str]:
    where, *path = error["loc"]
    detail = str(error["msg"]).removeprefix("Value error, ")
    if where == "body":
        pointer = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)
        return {"detail": detail, "pointer": f"#/{pointer}" if path else "#"}
    return {"detail": detail, "parameter": ".".join(str(part) for part in path)}


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
