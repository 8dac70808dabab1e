"""`POST /api/v1/senml`: a SenML pack (RFC 8428) from whoever holds an API key."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from cloud.api.context import Context
from cloud.api.gatekeeper import Writer
from cloud.api.problems import Problem
from cloud.ingest.doors.http_door import PackReport
from protocols.senml.readings import CBOR, JSON
from protocols.vocabulary import ProtocolError

router: Final = APIRouter(prefix="/api/v1/senml", tags=["write"])
_FORMS: Final = {"application/senml+json": JSON, "application/senml+cbor": CBOR}
_CONTENT: Final = {name: {"schema": {"type": "string", "format": "binary"}} for name in _FORMS}


class PackAnswer(BaseModel):
    """What became of a pack's readings."""

    stored: int
    duplicates: int
    conflicts: int
    """Their instants are stored with other values; the first stays."""
    waiting: int
    """They have no place yet and wait in quarantine: see /api/v1/discovered."""
    detail: list[str]


@router.post("", openapi_extra={"requestBody": {"required": True, "content": _CONTENT}})
async def write_senml(
    request: Request, response: Response, context: Context, who: Writer, content_type: Annotated[str, Header()] = ""
) -> PackAnswer:
    """Readings as SenML, JSON or CBOR. 200 when all are stored; 202 when some wait for their device to be adopted.

    400 when the pack is malformed, 422 when nothing of it can ever be a reading. 503: send it again.
    """
    form = _FORMS.get(content_type.partition(";")[0].strip().lower())
    if form is None:
        raise Problem(415, f"content type {content_type[:80]!r}: expected {' or '.join(_FORMS)}")
    body = await request.body()
    async with context.writers:
        try:
            report = await run_in_threadpool(context.write_senml, body, form, who.towns)
        except ProtocolError as error:
            raise Problem(400, str(error)) from None
    return _answer(report, response)


def _answer(report: PackReport, response: Response) -> PackAnswer:
    if report.faults and not (report.stored or report.duplicates or report.waiting):
        raise Problem(422, "; ".join(report.faults))
    if report.waiting:
        response.status_code = 202
    return PackAnswer(
        stored=report.stored,
        duplicates=report.duplicates,
        conflicts=report.conflicts,
        waiting=report.waiting,
        detail=report.faults,
    )
