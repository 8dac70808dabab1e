"""`/api/v1/datastreams`, and the readings of datastreams and twins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Final

import numpy as np
from fastapi import APIRouter, Query, Response

from cloud.api import answers, picture, series, tables
from cloud.api.answers import PlacedDatastream
from cloud.api.context import ApiContext, Context
from cloud.api.filters import Selected
from cloud.api.gatekeeper import Reader
from cloud.api.paging import Cursor, Limit, Listing, cursor, listing, numbers_after
from cloud.api.problems import Problem, wrong_parameter
from cloud.api.question import MOST_READINGS, PARAMETERS, Asked, Question
from cloud.api.series import Bucket, BucketKey, Stretch
from cloud.api.twins import twin_id
from cloud.registry import bindings, datastreams, twins
from cloud.registry.datastreams import Datastream
from cloud.registry.errors import NotFound
from cloud.store.port import Buckets, Columns, Store
from protocols.vocabulary import IdentityError, NeuronId, Point

router: Final = APIRouter(prefix="/api/v1", tags=["readings"])
_READINGS: Final = "/datastreams/{key:path}/readings"
READINGS_ROUTE: Final = f"{router.prefix}{_READINGS}"
PropertyName = Annotated[str | None, Query(max_length=48, description="an observed property")]


@router.get("/datastreams")
def list_datastreams(  # noqa: PLR0913 - a list is narrowed by these
    context: Context,
    chosen: Selected,
    neuron: Annotated[str | None, Query(max_length=13)] = None,
    gateway: Annotated[str | None, Query(max_length=32)] = None,
    observed: Annotated[PropertyName, Query(alias="property")] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Listing[PlacedDatastream]:
    """Datastreams in the order in which they were registered."""
    after = (numbers_after(cursor) or (0,))[0]
    with context.database.read() as tx:
        page = datastreams.page(tx, chosen, limit, after, observed=observed, neuron=neuron, gateway=gateway)
    return listing(page, answers.datastream)


@router.get(_READINGS, response_model=None, openapi_extra=PARAMETERS)
def datastream_readings(context: Context, who: Reader, key: str, asked: Asked) -> Response:
    """Readings of one datastream, raw or by bucket; the key in the path is percent-encoded."""
    stream = _stream(context, point_of(key), who.towns)
    if is_long(asked):
        return _streamed(context, _head(stream, asked), _whole(stream, asked), asked)
    with context.turns.taken():
        found = of_stream(context.store, stream, asked)
    return tables.respond(*found, asked.format)


def of_stream(
    store: Store, stream: Datastream, asked: Question
) -> tuple[Mapping[str, object], tables.Table, str | None]:
    """What is answered of one datastream in one piece, as :func:`cloud.api.tables.respond` takes it."""
    if asked.every is None:
        columns, after = _page(store, _whole(stream, asked), asked)
        return _head(stream, asked), tables.of_readings(columns), _following(after)
    found, after = series.of_one(store, stream.number, asked)
    return _head(stream, asked), tables.of_buckets(found), _following(after)


def _head(stream: Datastream, asked: Question) -> Mapping[str, object]:
    return {"datastream": str(stream.point), "unit": "1" if asked.aggregate == "count" else stream.unit, **asked.how}


def is_long(asked: Question) -> bool:
    """Whether it may be too much for one piece."""
    return asked.every is None and asked.limit > MOST_READINGS


def _whole(stream: Datastream, asked: Question) -> Sequence[Stretch]:
    return [Stretch(asked.from_ms, asked.to_ms, (stream.number,))]


def _page(store: Store, parts: Sequence[Stretch], asked: Question) -> tuple[Columns, tuple[int, int] | None]:
    return (picture.drawn if asked.points else series.raw)(store, parts, asked)


def _streamed(
    context: ApiContext,
    head: Mapping[str, object],
    parts: Sequence[Stretch],
    asked: Question,
    names: Mapping[int, tuple[str, str]] | None = None,
) -> Response:
    """Readings, piece by piece."""
    pages = (tables.of_readings(page, names) for page in _pages(context, parts, asked))
    return tables.streamed(head, pages, asked.format)


def _pages(context: ApiContext, parts: Sequence[Stretch], asked: Question) -> Iterator[Columns]:
    """At least one; between them others have their turn.

    :raises Problem: 429 before the first.
    """
    if not context.exports.acquire(blocking=False):
        raise Problem(429, "too many long answers at a time: ask again soon", retry_after_s=10)
    try:
        after, left = asked.after, asked.limit
        while True:
            page = replace(asked, limit=min(left, MOST_READINGS), after=after)
            with context.turns.taken(patiently=left < asked.limit):  # who has begun is not turned away
                columns, after = series.raw(context.store, parts, page)
            yield columns
            left -= len(columns)
            if after is None or left <= 0:
                return
    finally:
        context.exports.release()


@router.get("/twins/{twin}/readings", response_model=None, openapi_extra=PARAMETERS)
def twin_readings(
    context: Context,
    who: Reader,
    twin: str,
    asked: Asked,
    observed: Annotated[PropertyName, Query(alias="property")] = None,
) -> Response:
    """Readings of a twin by whichever neurons watched it at the time; by bucket, joined per observed property."""
    name = twin_id(twin)
    with context.database.read() as tx:
        twins.get(tx, name, who.towns)
        bound = bindings.of_twin(tx, name)
        known = datastreams.of_neurons(tx, sorted({one.neuron for one in bound}))
    streams = {one.number: one for one in known if observed is None or one.point.observed == observed}
    numbers: dict[str, list[int]] = {}
    for one in streams.values():
        numbers.setdefault(one.point.source, []).append(one.number)
    parts = series.stretches(bound, numbers, asked.from_ms, asked.to_ms)
    head = {"twin": str(name)}
    if asked.every is None:
        if asked.points:
            raise wrong_parameter("points", "expected of one datastream only")
        units = {one.number: (str(one.point), one.unit) for one in streams.values()}
        if is_long(asked):
            return _streamed(context, head, parts, asked, units)
        with context.turns.taken():
            columns, after = _page(context.store, parts, asked)
        return tables.respond(head, tables.of_readings(columns, units), _following(after), asked.format)
    with context.turns.taken():
        gathered, after = series.buckets(context.store, parts, asked, streams)
    return tables.respond({**head, **asked.how}, _named(gathered), _following(after), asked.format)


def _named(gathered: Sequence[tuple[BucketKey, Bucket]]) -> tables.Table:
    found = Buckets.of([(0, key.start, one.value, one.count, int(one.quality)) for key, one in gathered])
    names = {}
    for name, told in (("property", [key.series for key, _ in gathered]), ("unit", [key.unit for key, _ in gathered])):
        texts = sorted(set(told))
        places = {text: place for place, text in enumerate(texts)}
        names[name] = tables.Named(texts, np.array([places[text] for text in told], np.intp))
    return tables.of_buckets(found, names)


def _stream(context: ApiContext, point: Point, towns: frozenset[str]) -> Datastream:
    """From memory if it is there; the registry may know one that another process added."""
    found = context.directory.locate(point, towns)
    if isinstance(found, Datastream):
        return found
    with context.database.read() as tx:
        return datastreams.get(tx, point, towns)


@lru_cache(maxsize=4096)
def point_of(text: str) -> Point:
    """A datastream's key in a path.

    :raises NotFound: it cannot be one.
    """
    try:
        point = Point.parse(text)
        NeuronId.parse(point.source)
    except IdentityError as error:
        raise NotFound(str(error)) from None
    return point


def _following(after: tuple[int, int] | None) -> str | None:
    return None if after is None else cursor(*after)
