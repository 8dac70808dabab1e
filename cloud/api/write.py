"""`POST /api/v2/write`: InfluxDB's line protocol, answered in InfluxDB's words (InfluxDB v2 API)."""

import zlib
from typing import Annotated, Final, cast

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.types import Scope

from cloud.api.context import Context
from cloud.api.gatekeeper import principal_of
from cloud.api.problems import refusal
from cloud.ingest.line_protocol import LineFault, Precision
from cloud.ingest.line_writer import LineReport

router: Final = APIRouter(prefix="/api/v2", tags=["write"])
_PRECISIONS: Final = frozenset({"ns", "us", "ms", "s"})
_TOLD: Final = 5


class _Unreadable(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@router.post(
    "/write",
    status_code=204,
    response_model=None,
    openapi_extra={"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def write(
    request: Request,
    context: Context,
    precision: Annotated[str, Query()] = "ns",
    content_encoding: Annotated[str, Header()] = "identity",
) -> Response:
    """Readings as line protocol; `org` and `bucket` are accepted and mean nothing here.

    A line names its neuron by the tag `neuron`, by a hardware identity as a tag (`mn=...`), or as its measurement;
    a field is an observed property, with a channel `water_temperature/2`. 204 when all of it is stored.
    503 when the store does not take it for now: send it again.
    """
    principal = principal_of(request)
    if not principal.may("write"):
        return refusal(request.scope, 403, "this key lacks the scope write")
    if precision not in _PRECISIONS:
        return refusal(request.scope, 400, "invalid precision; valid precision units are ns, us, ms, and s")
    body = await request.body()
    encoding = content_encoding.strip().lower()
    try:
        plain = await run_in_threadpool(_plain, body, encoding, context.limits.write_bytes)
    except _Unreadable as error:
        return refusal(request.scope, error.status, str(error))
    async with context.writers:
        report = await run_in_threadpool(context.write_lines, plain, cast(Precision, precision), principal.towns)
    return _answer(request.scope, report)


def _answer(scope: Scope, report: LineReport) -> Response:
    if not report.faults:
        return Response(status_code=204)
    told = "; ".join(_told(fault) for fault in report.faults[:_TOLD])
    partial = "partial write: " if report.stored or report.duplicates else ""
    first = next((fault.number for fault in report.faults if fault.number), None)
    return refusal(scope, 400, f"{partial}{told} dropped={len(report.faults)}", line=first)


def _told(fault: LineFault) -> str:
    return f"line {fault.number}: {fault.message}" if fault.number else fault.message


def _plain(body: bytes, encoding: str, bound: int) -> bytes:
    """The body unpacked, never more than ``bound`` bytes of it."""
    if encoding in {"identity", ""}:
        return body
    if encoding != "gzip":
        raise _Unreadable(415, f"content encoding {encoding[:20]!r}: expected gzip or identity")
    plain = b""
    while body:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            plain += unpacker.decompress(body, bound + 1 - len(plain))
        except zlib.error as error:
            raise _Unreadable(400, f"no gzip: {error}") from None
        if len(plain) > bound:
            raise _Unreadable(413, f"the body unpacks to more than {bound} bytes")
        if not unpacker.eof:
            raise _Unreadable(400, "no gzip: the body is cut short")
        body = unpacker.unused_data
    return plain
