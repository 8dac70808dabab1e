"""`/api/v1/backup`: everything as of now, as a tar file; and what gateways numbered that is not held."""

import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from cloud import backup
from cloud.api.context import Context
from cloud.api.gatekeeper import Admin
from cloud.api.problems import Problem

router: Final = APIRouter(prefix="/api/v1", tags=["backup"])
_one: Final = Lock()


@router.get("/backup", response_model=None)
def back_up(context: Context, _: Admin) -> Response:
    """A tar file for `yingzhou restore`; it holds secrets. One at a time."""
    source = context.backup
    if source is None:
        raise Problem(501, "this store is backed up by its own means")
    if not _one.acquire(blocking=False):
        raise Problem(409, "a backup is being made")
    folder: Path | None = None
    try:
        folder = Path(mkdtemp(prefix="backup-", suffix=".tmp", dir=source.data))
        backup.make(source.data, source.store, source.registry_url, context.clock.now_ms(), folder)
        pieces = _sent(folder)
        begun = chain([next(pieces)], pieces)  # from here on its end clears up, whoever goes away
    except BaseException:
        _done(folder)
        raise
    return StreamingResponse(begun, media_type="application/x-tar")


def _sent(folder: Path) -> Iterator[bytes]:
    try:
        yield from backup.packed(folder)
    finally:
        _done(folder)


def _done(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    _one.release()


@router.get("/holes", response_model=None)
def list_holes(context: Context, _: Admin) -> Response:
    """Envelopes that a gateway numbered and that are not held, though a later one is: ranges, first and last included.

    What is on its way shows up here for a moment. After a restore it is what was acknowledged behind the backup, and
    what a gateway's full spool had to drop shows up, too.
    """
    items: list[dict[str, Any]] = []
    for (gateway, stream, epoch), ranges in sorted(context.store.held().items()):
        expected = 0
        for first, last in ranges:
            if first > expected:
                hole = {"gateway": gateway, "stream": stream, "epoch": epoch, "first": expected, "last": first - 1}
                items.append({**hole, "envelopes": first - expected})
            expected = last + 1
    return Response(msgspec.json.encode({"items": items, "next": None}), media_type="application/json")
