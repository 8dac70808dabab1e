"""`/api/v1/pictures`: gateways bring them in pieces, people look at them."""

import re
from hashlib import sha256
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from cloud.api.context import ApiContext, Context
from cloud.api.gatekeeper import Reader, Signed
from cloud.api.paging import Cursor, Limit, Listing, listing, numbers_after
from cloud.api.problems import Problem, answer, wrong_parameter
from cloud.api.question import time_parameter
from cloud.api.times import format_time
from cloud.pictures.files import NotThePicture, Progress, Upload
from cloud.registry import pictures
from cloud.registry.directory import Refusal
from cloud.registry.errors import NotFound
from cloud.registry.pictures import Filters, Listed

router: Final = APIRouter(prefix="/api/v1/pictures", tags=["pictures"])
MIN_BYTES: Final = 64
OFFSET: Final = "Upload-Offset"
_RANGE: Final = re.compile(r"bytes (?:([0-9]{1,9})-([0-9]{1,9})|\*)/([0-9]{1,9})", re.ASCII)
_DAY_S: Final = 86_400
Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file")]


class PictureAnswer(BaseModel):
    """One picture."""

    sha256: str
    neuron: str
    gateway: str
    time: str
    """When it was taken, by the gateway's clock."""
    received: str
    bytes: int
    deleted: str
    """When it will be."""
    href: str


class UploadAnswer(BaseModel):
    """How far a picture is."""

    sha256: str
    bytes: int
    have: int
    complete: bool


@router.put(
    "/{digest}",
    status_code=202,
    response_model=UploadAnswer,
    responses={200: {"model": UploadAnswer}, 201: {"model": UploadAnswer}},
)
async def put_picture(  # noqa: PLR0913 - an upload is all of this
    request: Request,
    context: Context,
    signature: Signed,
    digest: Hash,
    neuron: Annotated[str, Query(max_length=200, description="neuron identifier, or hardware identity")],
    time: Annotated[str, Query(max_length=40)],
    content_range: Annotated[str, Header(max_length=60)] = "",
) -> Response:
    """Go on with a picture: for gateways, signed with their HMAC key.

    A piece has `Content-Range: bytes 0-65535/204800`; without a body and with `bytes */204800` it is the question how
    much is there. `Upload-Offset` says where to go on. 202: more is to come; 201: complete;
    200: it was there before; 409: the piece does not begin where ours ends; 422: the whole has another hash.
    """
    piece = await request.body()
    if sha256(piece).hexdigest() != signature.content:
        raise Problem(400, "the body is not the one that was signed")
    start, size = _place(content_range, len(piece), context.limits.picture_bytes)
    whose = context.directory.owned(signature.gateway, neuron)
    if isinstance(whose, Refusal):
        raise NotFound(f"no neuron {neuron:.40} of {signature.gateway}")
    upload = Upload(signature.gateway, whose, digest, _taken_ms(context, time), size)
    try:
        progress = await run_in_threadpool(_go_on, context, upload, start, piece)
    except NotThePicture as error:
        raise Problem(422, str(error)) from None
    return _told(upload, progress)


def _place(content_range: str, length: int, bound: int) -> tuple[int, int]:
    """Where the piece belongs, and how long the whole is."""
    found = _RANGE.fullmatch(content_range)
    if found is None:
        raise Problem(400, "Content-Range: expected bytes FIRST-LAST/SIZE, or bytes */SIZE without a body")
    first, last, size = found[1], found[2], int(found[3])
    if size > bound:
        raise Problem(413, f"a picture of {size} bytes: expected at most {bound}")
    if first is None:
        start, fits = 0, length == 0
    else:
        start, fits = int(first), 1 <= length == int(last) + 1 - int(first) and int(last) < size
    if not fits or size < MIN_BYTES:
        raise Problem(400, f"Content-Range: {content_range}: does not go with a body of {length} bytes")
    return start, size


def _taken_ms(context: ApiContext, text: str) -> int:
    taken_ms = time_parameter("time", text)
    if taken_ms > context.clock.now_ms() + context.limits.future_s * 1000:
        raise wrong_parameter("time", "a picture from the future")
    if taken_ms < context.pictures.oldest_ms:
        raise wrong_parameter("time", "pictures that old are deleted")
    return taken_ms


def _go_on(context: ApiContext, upload: Upload, start: int, piece: bytes) -> Progress:
    return context.pictures.take(upload, start, piece) if piece else context.pictures.ask(upload)


def _told(upload: Upload, progress: Progress) -> Response:
    headers = {OFFSET: str(progress.have)}
    if not progress.fits:
        return answer(409, f"{progress.have} bytes are here: go on there", headers=headers)
    status = 202 if not progress.complete else 201 if progress.fresh else 200
    told = UploadAnswer(sha256=upload.sha256, bytes=upload.size, have=progress.have, complete=progress.complete)
    return Response(told.model_dump_json(), status, headers, "application/json")


@router.get("")
def list_pictures(  # noqa: PLR0913 - a list is narrowed by these
    context: Context,
    who: Reader,
    *,
    neuron: Annotated[str | None, Query(max_length=13)] = None,
    begin: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40)] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Listing[PictureAnswer]:
    """Newest first, in the order in which they arrived."""
    before = numbers_after(cursor)
    from_ms = context.pictures.oldest_ms
    if begin is not None:
        from_ms = max(from_ms, time_parameter("from", begin))
    filters = Filters(who.towns, neuron, from_ms, None if end is None else time_parameter("to", end))
    with context.database.read() as tx:
        page = pictures.page(tx, filters, limit, None if before is None else before[0])
    return listing(page, lambda one: _form(context, one))


@router.get(
    "/{digest}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 304: {"description": "you have it"}},
)
def show_picture(
    context: Context, who: Reader, digest: Hash, if_none_match: Annotated[str, Header(max_length=2000)] = ""
) -> Response:
    """The picture. It never changes, and may be kept by who sees it for a day, but not beyond its deletion."""
    with context.database.read() as tx:
        found = pictures.find(tx, digest, who.towns)
    left_s = 0 if found is None else (found.time_ms - context.pictures.oldest_ms) // 1000
    file = context.pictures.read(digest) if left_s > 0 else None
    if file is None:
        raise NotFound(f"no picture {digest:.16}...")
    headers = {
        "ETag": f'"{digest}"',
        "Cache-Control": f"private, max-age={min(left_s, _DAY_S)}, immutable",
        "Vary": "Authorization, Cookie, X-API-Key",
    }
    if f'"{digest}"' in if_none_match or if_none_match.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(file, 200, headers, "image/jpeg")


def _form(context: ApiContext, one: Listed) -> PictureAnswer:
    picture = one.picture
    return PictureAnswer(
        sha256=picture.sha256,
        neuron=picture.neuron,
        gateway=picture.gateway,
        time=format_time(picture.time_ms),
        received=format_time(picture.received_ms),
        bytes=picture.size,
        deleted=format_time(picture.time_ms + context.pictures.max_age_ms),
        href=f"/api/v1/pictures/{picture.sha256}",
    )
