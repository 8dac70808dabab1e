"""`/api/v1/stream`: readings as they are stored and alarms as they change, as server-sent events (WHATWG HTML §9.2)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

import msgspec
import numpy as np
from fastapi import APIRouter, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from numpy.typing import NDArray

from cloud.api import alarms, rows
from cloud.api.context import ApiContext, Context
from cloud.api.event_stream import EventStream
from cloud.api.feed import Block, Feed, Mark
from cloud.api.filters import Selected
from cloud.api.gatekeeper import Reader
from cloud.api.problems import Problem, wrong_parameter
from cloud.api.times import format_time
from cloud.api.twins import twin_id
from cloud.registry import bindings, twins
from cloud.registry.access import Principal
from cloud.registry.selection import Selection
from cloud.store.port import Columns
from protocols.vocabulary import TwinId

router: Final = APIRouter(prefix="/api/v1", tags=["readings"])

MOST_STREAMS: Final = 200
MOST_OF_ONE: Final = 20
"""Of one key or session."""
HEARTBEAT_S: Final = 15.0
PAUSE_S: Final = 0.2
"""Between two events: what was stored meanwhile comes together."""
RETRY_MS: Final = 2000
_AT_ONCE: Final = 5_000
"""Readings looked at for one event, about."""
What = Literal["readings", "alarms"]


class StreamedReading(rows.ReadingRow, frozen=True):
    """One reading in an event."""

    datastream: str
    unit: str


@dataclass(slots=True)
class _Filter:
    """Which datastreams somebody follows; worked out anew when the registry changed."""

    context: ApiContext
    selection: Selection
    observed: str | None
    neuron: str | None
    twin: TwinId | None
    _seen: tuple[int, int] | None = None
    _wanted: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(1, np.bool_))
    _names: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    def renewed(self) -> tuple[NDArray[np.bool_], Mapping[int, tuple[str, str]]]:
        """By number: whether it is wanted; key and unit of those that are. May ask the database: not on the event loop.

        What a twin's neurons are changes with any commit, all else with the directory only.
        """
        now = self.context.directory.generation, 0 if self.twin is None else self.context.database.commits
        if now != self._seen:
            self._wanted, self._names = self._read()
            self._seen = now
        return self._wanted, self._names

    def _read(self) -> tuple[NDArray[np.bool_], dict[int, tuple[str, str]]]:
        neurons = None if self.neuron is None else {self.neuron}
        if self.twin is not None:
            now_ms = self.context.clock.now_ms()
            with self.context.database.read() as tx:
                bound = bindings.of_twin(tx, self.twin)
            watching = {one.neuron for one in bound if one.from_ms <= now_ms and (one.to_ms or now_ms + 1) > now_ms}
            neurons = watching if neurons is None else neurons & watching
        names = {
            one.number: (str(one.point), one.unit)
            for one in self.context.directory.datastreams(self.selection, observed=self.observed)
            if neurons is None or one.point.source in neurons
        }
        wanted = np.zeros(max(names, default=0) + 1, np.bool_)
        wanted[list(names)] = True
        return wanted, names


@router.get("/stream", response_class=Response, responses={200: {"content": {"text/event-stream": {}}}})
async def stream(  # noqa: PLR0913 - what is followed is narrowed by these
    context: Context,
    who: Reader,
    chosen: Selected,
    *,
    observed: Annotated[str | None, Query(alias="property", max_length=48)] = None,
    neuron: Annotated[str | None, Query(max_length=13)] = None,
    twin: Annotated[str | None, Query(max_length=24)] = None,
    only: Annotated[What | None, Query(description="one kind of events; both when left out")] = None,
    last_event_id: Annotated[str, Header(max_length=64)] = "",
) -> Response:
    """Follow what is stored. Events: `readings` (`{"items": [...]}`), `alarm` (as `/api/v1/alarms` has it), `missed`.

    A client that comes again with `Last-Event-ID` gets what it missed, as long as that is in memory; otherwise the
    event `missed` says from when to when to ask `/readings`. A stream ends after a quarter of an hour: come again.
    """
    feed, name = context.feed, who.name
    mark = Mark.parse(last_event_id) if last_event_id else None
    if last_event_id and mark is None:
        raise wrong_parameter("Last-Event-ID", "expected the id of an event of this stream")
    watched = None if twin is None else await run_in_threadpool(_known, context, twin, who)
    if feed.counts.following >= MOST_STREAMS or context.following[name] >= MOST_OF_ONE:
        feed.counts.refused += 1
        told = f"{context.following[name]} streams of this key, {feed.counts.following} in all: close one first"
        raise Problem(429, told, retry_after_s=30)
    narrowed = _Filter(context, chosen, observed, neuron, watched)
    return EventStream(feed, context.following, name, lambda: _events(feed, narrowed, mark, only))


def _known(context: ApiContext, text: str, who: Principal) -> TwinId:
    name = twin_id(text)
    with context.database.read() as tx:
        return twins.get(tx, name, who.towns).id


async def _events(feed: Feed, narrowed: _Filter, mark: Mark | None, only: What | None) -> AsyncIterator[bytes]:
    begin = feed.mark()
    if mark is None:
        mark = begin
    elif not feed.knows(mark):
        feed.counts.gaps += 1
        yield _missed(mark, begin)
        mark = begin
    yield b"retry: %d\nid: %b\n\n" % (RETRY_MS, str(mark).encode())
    number, loop = mark.number, asyncio.get_running_loop()
    quiet_s = loop.time()
    while not feed.closed:
        try:
            async with asyncio.timeout_at(quiet_s + HEARTBEAT_S):
                await feed.beyond(number)
        except TimeoutError:
            yield _heartbeat(mark)
            quiet_s = loop.time()
            continue
        here = Mark(feed.boot, number, 0)
        if not feed.knows(here):  # it was slower than the ring
            feed.counts.gaps += 1
            begin = feed.mark()
            yield _missed(mark, begin)
            mark, number = begin, begin.number
            continue
        blocks = feed.after(number, _AT_ONCE)
        if not blocks:
            break
        number = blocks[-1].number
        mark = Mark(feed.boot, number, blocks[-1].at_ms)
        told = await run_in_threadpool(_told, blocks, narrowed, mark, only)
        if told or loop.time() > quiet_s + HEARTBEAT_S:
            yield told or _heartbeat(mark)
            quiet_s = loop.time()
        if told or number >= feed.mark().number:  # who is behind and passes over others' readings does not rest
            await asyncio.sleep(PAUSE_S)
    yield b'event: bye\ndata: {"reason":"the cloud stops; come again"}\n\n'


def _heartbeat(mark: Mark) -> bytes:
    """With an id: others' readings pass by meanwhile, and must not count as missed when the client comes again."""
    return b"id: %b\n\n" % str(mark).encode()


def _missed(mark: Mark, now: Mark) -> bytes:
    told = {"since": format_time(mark.at_ms), "until": format_time(now.at_ms)}
    return b"event: missed\nid: %b\ndata: %b\n\n" % (str(now).encode(), msgspec.json.encode(told))


def _told(blocks: list[Block], narrowed: _Filter, mark: Mark, only: What | None) -> bytes:
    wanted, names = narrowed.renewed()
    parts = []
    if only != "alarms":
        found = [part for block in blocks if len(part := _of_these(block.readings, wanted))]
        if found:
            items = [
                StreamedReading(one.time, one.value, one.quality, one.reasons, *names[number])
                for columns in found
                for one, number in zip(rows.readings(columns), columns.datastream.tolist(), strict=True)
            ]
            parts.append(_event("readings", msgspec.json.encode({"items": items}), mark))
    if only != "readings":
        now_ms = blocks[-1].at_ms
        parts += [
            _event("alarm", alarms.form(one, now_ms).model_dump_json().encode(), mark)
            for block in blocks
            for one in block.alarms
            if one.datastream < len(wanted) and wanted[one.datastream]
        ]
    return b"".join(parts)


def _of_these(columns: Columns, wanted: NDArray[np.bool_]) -> Columns:
    inside = columns.datastream < len(wanted)
    return columns.take(inside & wanted[np.where(inside, columns.datastream, 0)])


def _event(name: str, data: bytes, mark: Mark) -> bytes:
    return b"event: %b\nid: %b\ndata: %b\n\n" % (name.encode(), str(mark).encode(), data)
