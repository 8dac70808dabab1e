"""`/api/v1/latest`: the newest reading of each datastream, from memory."""

from itertools import islice
from typing import Annotated, Final

import msgspec
import numpy as np
from fastapi import APIRouter, Query, Response

from cloud.api import rows
from cloud.api.context import Context
from cloud.api.filters import Selected
from cloud.api.paging import Cursor, cursor, numbers_after
from cloud.registry.datastreams import Datastream

router: Final = APIRouter(prefix="/api/v1", tags=["readings"])
_MOST: Final = 10_000


class LatestRow(rows.ReadingRow, frozen=True):
    """The newest reading of a datastream, and where it was taken."""

    datastream: str
    neuron: str
    name: str
    kind: str
    property: str
    channel: str | None
    unit: str
    town: str | None
    location: dict[str, object] | None


@router.get("/latest", response_model=None)
def latest_readings(
    context: Context,
    chosen: Selected,
    observed: Annotated[str | None, Query(alias="property", max_length=48)] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 1000,
    cursor_: Annotated[Cursor, Query(alias="cursor")] = "",
) -> Response:
    """The newest readings, in the order in which their datastreams were registered; silent ones are left out.

    ``limit`` counts datastreams that were looked at, so that a page may hold fewer readings than that.
    """
    after = (numbers_after(cursor_) or (0,))[0]
    streams = list(islice(context.directory.datastreams(chosen, after, observed=observed), limit + 1))
    following = cursor(streams[limit - 1].number) if len(streams) > limit else None
    by_number = {one.number: one for one in streams[:limit]}
    found = context.latest.snapshot(np.fromiter(by_number, np.int32, len(by_number)))
    items = [
        _row(row, by_number[number])
        for row, number in zip(rows.readings(found), found.datastream.tolist(), strict=True)
    ]
    return Response(msgspec.json.encode({"items": items, "next": following}), media_type="application/json")


def _row(row: rows.ReadingRow, stream: Datastream) -> LatestRow:
    site, point = stream.site, stream.point
    location: dict[str, object] | None = None
    if site.lon is not None and site.lat is not None:
        location = {"type": "Point", "coordinates": (site.lon, site.lat)}
    return LatestRow(
        row.time,
        row.value,
        row.quality,
        row.reasons,
        str(point),
        point.source,
        stream.name,
        stream.kind,
        point.observed,
        point.channel or None,
        stream.unit,
        site.place.code,
        location,
    )
