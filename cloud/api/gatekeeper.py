"""Who may pass: every path needs a key or a session unless it is named here as open."""

from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Annotated, Final, cast

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from cloud.api.problems import RETRY_AFTER_S, Problem, refusal
from cloud.pictures.signatures import Busy, Signatures, Untrusted
from cloud.registry.access import Access, Principal
from cloud.registry.keys import Scope as KeyScope
from protocols.uplink.signed_request import SCHEME, Signature
from protocols.uplink.signed_request import Request as SignedRequest
from protocols.vocabulary import Clock

COOKIE: Final = "yz_session"
CSRF_HEADER: Final = "x-requested-with"
CSRF_VALUE: Final = "yingzhou"
OPEN_PATHS: Final = frozenset(
    {
        "/",
        "/favicon.ico",
        "/healthz",
        "/readyz",
        "/ping",
        "/login",
        "/docs",
        "/docs/oauth2-redirect",
        "/redoc",
        "/openapi.json",
    }
)
OPEN_FOLDERS: Final = ("/console/", "/static-offline-docs/")
_SIGNED_FOLDER: Final = "/api/v1/pictures/"
"""Where a gateway's signature counts, with PUT, and nowhere else."""
_OPEN_ON_LOOPBACK: Final = "/metrics"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST: Final = 200


class Gatekeeper:
    """ASGI middleware; puts the principal into the request's state."""

    def __init__(self, app: ASGIApp, access: Access, signatures: Signatures, clock: Clock) -> None:
        self._app = app
        self._access = access
        self._signatures = signatures
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass or answer 401 or 403."""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and _is_open(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            found = self._signature(scope) or principal(scope, self._access, self._clock.now_ms())
            if isinstance(found, Principal | Signature):
                scope.setdefault("state", {})["principal" if isinstance(found, Principal) else "signature"] = found
                await self._app(scope, receive, send)
            else:
                await found(scope, receive, send)

    def _signature(self, scope: Scope) -> Signature | Response | None:
        """The gateway's that made the request; None: it does not say that one did."""
        headers = Headers(scope=scope)
        scheme, _, parameters = headers.get("authorization", "").partition(" ")
        if scheme != SCHEME or scope["method"] != "PUT" or not scope["path"].startswith(_SIGNED_FOLDER):
            return None
        target = (scope["raw_path"] + b"?" + scope["query_string"]).decode("latin-1")
        request = SignedRequest(scope["method"], target, headers.get("content-range", ""))
        try:
            return self._signatures.check(parameters, request)
        except Untrusted as error:
            return refusal(scope, 401, str(error))
        except Busy:
            return refusal(scope, 503, "too many signed requests at a time", {"Retry-After": RETRY_AFTER_S})


def principal(scope: Scope, access: Access, now_ms: int) -> Principal | Response:
    """Who makes a request, or what is to be answered instead."""
    headers = Headers(scope=scope)
    text = _presented_key(headers)
    if text is not None:
        return access.by_key(text[:_LONGEST], now_ms) or _unauthorized(scope)
    token = _session_token(headers)
    found = None if token is None else access.by_session(token[:_LONGEST], now_ms)
    if found is None:
        return _unauthorized(scope)
    if scope["method"] not in _SAFE and headers.get(CSRF_HEADER) != CSRF_VALUE:
        return refusal(scope, 403, f"a session needs the header {CSRF_HEADER}: {CSRF_VALUE} to change anything")
    return found


def principal_of(request: Request) -> Principal:
    """Who asks, on a path that is not open."""
    return cast(Principal, request.state.principal)


async def _signature_of(request: Request) -> Signature:
    found = getattr(request.state, "signature", None)
    if not isinstance(found, Signature):
        raise Problem(403, "this key lacks the scope: only gateways bring pictures, by their signature")
    return found


Signed = Annotated[Signature, Depends(_signature_of)]
"""The gateway that made the request."""
_bearer = HTTPBearer(auto_error=False, description="An API key; `Authorization: Token <key>` is understood, too.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False)


class _Holds:
    """One of these scopes."""

    def __init__(self, *scopes: KeyScope) -> None:
        self._scopes = scopes

    async def __call__(self, request: Request) -> Principal:
        principal = principal_of(request)
        if not any(principal.may(scope) for scope in self._scopes):
            raise Problem(403, f"this key lacks the scope {' or '.join(self._scopes)}")
        return principal


async def _documented(_token: Annotated[object, Security(_bearer)], _key: Annotated[object, Security(_header)]) -> None:
    """Makes /docs show how to present a key; the gatekeeper has looked at it already."""


DOCUMENTED: Final = Depends(_documented)
read_scope: Final = _Holds("read")
Reader = Annotated[Principal, Depends(read_scope)]
Writer = Annotated[Principal, Depends(_Holds("write"))]
Commander = Annotated[Principal, Depends(_Holds("command", "write"))]
Admin = Annotated[Principal, Depends(_Holds("admin"))]


def _is_open(scope: Scope) -> bool:
    path: str = scope["path"]
    if path == _OPEN_ON_LOOPBACK:
        return _from_loopback(scope) and _presented_key(Headers(scope=scope)) is None
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)


def _from_loopback(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _presented_key(headers: Headers) -> str | None:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() in {"bearer", "token"}:
        return value.strip()
    return headers.get("x-api-key") if not scheme else ""


def _session_token(headers: Headers) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return None if found is None else found.value


def _unauthorized(scope: Scope) -> Response:
    return refusal(scope, 401, "expected an API key: Authorization: Bearer yz_...")
