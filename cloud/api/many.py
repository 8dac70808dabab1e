"""`/api/v1/readings`: many datastreams at once, by bucket, as one table of numbers."""

from itertools import islice
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Query, Response

from cloud.api import series
from cloud.api.context import Context
from cloud.api.filters import Selected
from cloud.api.problems import wrong_parameter
from cloud.api.question import PARAMETERS, Asked
from cloud.api.times import format_times

router: Final = APIRouter(prefix="/api/v1", tags=["readings"])
MOST_SERIES: Final = 5_000
MOST_CELLS: Final = 1_000_000
"""Series times buckets of one answer."""


@router.get("/readings", response_model=None, openapi_extra=PARAMETERS)
def readings_of_many(
    context: Context,
    chosen: Selected,
    asked: Asked,
    observed: Annotated[str | None, Query(alias="property", max_length=48)] = None,
    neuron: Annotated[list[str] | None, Query(max_length=MOST_SERIES)] = None,
) -> Response:
    """Datastreams by place, kind, property and neuron (may come several times), each by bucket."""
    if asked.every is None:
        raise wrong_parameter("every", "expected: readings of many datastreams come by bucket")
    named = None if neuron is None else frozenset(neuron)
    matching = (
        one
        for one in context.directory.datastreams(chosen, observed=observed)
        if named is None or one.point.source in named
    )
    streams = list(islice(matching, MOST_SERIES + 1))
    if len(streams) > MOST_SERIES or len(streams) * len(asked.starts) > MOST_CELLS:
        raise wrong_parameter("every", f"more than {MOST_SERIES} series or {MOST_CELLS} values: ask for fewer")
    unit = "1" if asked.aggregate == "count" else None
    with context.turns.taken():
        grid = series.grid(context.store, [one.number for one in streams], asked)
    rows = [  # each column has a place for each of the times
        {"datastream": str(one.point), "unit": unit or one.unit, "values": values, "counts": counts, "qualities": flags}
        for one, values, counts, flags in zip(streams, grid.values, grid.counts, grid.qualities, strict=True)
    ]
    told = {**asked.how, "times": format_times(grid.starts), "series": rows}
    return Response(orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")
