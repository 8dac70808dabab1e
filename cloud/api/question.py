"""What is asked of readings: from when to when, raw or by bucket, of which quality, as JSON, CSV or Arrow.

Parsed by hand: FastAPI takes longer over ten parameters than the store over a day of readings.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeVar, cast, get_args
from urllib.parse import parse_qsl

import numpy as np
from fastapi import Depends, Request
from numpy.typing import NDArray
from starlette.datastructures import Headers
from starlette.types import Scope

from cloud.api import arrow
from cloud.api.buckets import Fill
from cloud.api.calendar import Every, common_ms, zone_named
from cloud.api.context import ApiContext
from cloud.api.paging import numbers_after
from cloud.api.problems import wrong_parameter
from cloud.api.times import parse_time
from cloud.store.port import Aggregate
from protocols.vocabulary import Quality

MOST_BUCKETS: Final = 100_000
"""Of one series in one question: ten years by the hour are 87,600."""
MOST_READINGS: Final = 50_000
"""In an answer that comes in one piece."""
MOST_STREAMED: Final = 100_000_000
LEAST_POINTS: Final = 4
MOST_POINTS: Final = 10_000
Format = Literal["json", "columns", "csv", "arrow"]
Choice = TypeVar("Choice", bound=str)
_NAMES_END: Final = re.compile(b"(?:^|&)to=")


@dataclass(frozen=True, slots=True)
class Question:
    """Readings with from_ms <= time < to_ms."""

    from_ms: int
    to_ms: int
    every: Every | None
    """Bucket length; None: raw readings."""
    aggregate: Aggregate
    qualities: tuple[int, ...]
    """Only these; empty: all."""
    limit: int
    after: tuple[int, int] | None
    """Go on behind this (time, number)."""
    format: Format
    fill: Fill
    starts: NDArray[np.int64]
    """Where the buckets begin, if they are asked for."""
    points: int | None
    """So many readings that draw the same picture as all of them; None: all."""
    store_ms: int
    """The length of the buckets that the store is asked for: those that are answered are made up of them."""

    @property
    def by_calendar(self) -> bool:
        """Whether buckets are not simply multiples of one length."""
        return self.every is not None and self.every.fixed_ms is None

    @property
    def how(self) -> dict[str, Any]:
        """What an answer says of its buckets."""
        if self.every is None:
            return {}
        if not self.by_calendar:
            return {"every_ms": self.store_ms, "agg": self.aggregate}
        every = f"{self.every.count}{self.every.unit}"
        return {"every": every, "tz": self.every.zone or "UTC", "agg": self.aggregate}


def _parameter(name: str, text: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string", **schema}}


PARAMETERS: Final[dict[str, Any]] = {
    "parameters": [
        _parameter("from", "RFC 3339; as far back as `every` allows when left out"),
        _parameter("to", "RFC 3339, exclusive; now when left out"),
        _parameter(
            "every",
            "bucket length, as 15m, 1h, 1d, 1w, 1mo; ms, s, m, h and d begin at multiples of it since 1970 UTC, or "
            "with `tz` at midnight there; weeks on Mondays, months on their first",
        ),
        _parameter("tz", "IANA time zone of the buckets, as Asia/Shanghai"),
        _parameter("agg", "mean when left out; needs `every`", enum=list(get_args(Aggregate))),
        _parameter("fill", "what stands in buckets without values; none: they are left out", enum=list(get_args(Fill))),
        _parameter("quality", "flags, as 1,2"),
        _parameter(
            "limit",
            f"how many at most; of readings as JSON and of buckets {MOST_READINGS}, of readings as CSV or Arrow more: "
            "they are streamed then, without X-Next",
            type="integer",
            minimum=1,
            maximum=MOST_STREAMED,
            default=1000,
        ),
        _parameter(
            "points",
            "of the readings so many that draw the same picture as all of them (MinMaxLTTB); for charts",
            type="integer",
            minimum=LEAST_POINTS,
            maximum=MOST_POINTS,
        ),
        _parameter("cursor", "`next` of the page before", maxLength=200),
        _parameter(
            "format",
            "instead of the header Accept; columns: JSON with a list for each column, a third as long",
            enum=list(get_args(Format)),
        ),
    ]
}
"""For the documentation of routes that answer a Question."""


async def _question(request: Request) -> Question:
    return asked_by(request.scope, cast(ApiContext, request.app.state.context))


def asked_by(scope: Scope, context: ApiContext) -> Question:
    """What a request asks; read once.

    :raises Problem: a parameter cannot be right.
    """
    state = scope.setdefault("state", {})
    if "question" not in state:
        query: bytes = scope["query_string"]
        now_ms = 0 if _NAMES_END.search(query) else context.clock.now_ms() + context.limits.future_s * 1000
        state["question"] = _read(query, Headers(scope=scope).get("accept", ""), now_ms)
    return cast(Question, state["question"])


@lru_cache(maxsize=16)
def _read(query: bytes, accept: str, to_ms: int) -> Question:
    """The same is asked of many datastreams one after the other.

    :param to_ms: until when, if the query does not say it.
    """
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if (to := given.get("to")) is not None:
        to_ms = time_parameter("to", to)
    every = _every(given.get("every"), given.get("tz"))
    for name in ("agg", "fill", "tz"):
        if name in given and every is None:
            raise wrong_parameter(name, "expected together with `every`")
    earliest_ms = 0 if every is None else max(0, to_ms - MOST_BUCKETS * every.least_ms)
    from_ms = earliest_ms if (text := given.get("from")) is None else time_parameter("from", text)
    if from_ms > to_ms:
        raise wrong_parameter("from", "expected a time before `to`")
    points = _whole("points", given.get("points"), LEAST_POINTS, MOST_POINTS)
    if points is not None and (every is not None or "cursor" in given or "limit" in given):
        raise wrong_parameter("points", "expected without `every`, `limit` and `cursor`")
    starts = np.empty(0, np.int64) if every is None else _starts(every, from_ms, to_ms)
    starts.setflags(write=False)  # it may be asked again
    after = numbers_after(_short(given.get("cursor", "")), 2)
    form: Format = _one_of("format", given.get("format") or _accepted(accept), get_args(Format))
    most = MOST_STREAMED if form in {"csv", "arrow"} and every is None else MOST_READINGS
    return Question(
        from_ms,
        to_ms,
        every,
        _one_of("agg", given.get("agg", "mean"), get_args(Aggregate)),
        _qualities(given.get("quality")),
        _whole("limit", given.get("limit"), 1, most) or 1000,
        None if after is None else (after[0], after[1]),
        form,
        _one_of("fill", given.get("fill", "none"), get_args(Fill)),
        starts,
        points,
        0 if every is None else every.fixed_ms or common_ms(starts),
    )


Asked = Annotated[Question, Depends(_question)]


def _starts(every: Every, from_ms: int, to_ms: int) -> NDArray[np.int64]:
    try:
        return every.starts(from_ms, to_ms, MOST_BUCKETS)
    except (ValueError, OverflowError) as error:
        raise wrong_parameter("every", str(error)) from None


def _every(text: str | None, zone: str | None) -> Every | None:
    if zone is not None:
        try:
            zone_named(zone)
        except ValueError as error:
            raise wrong_parameter("tz", str(error)) from None
    try:
        return None if text is None else Every.parse(text, zone)
    except ValueError as error:
        raise wrong_parameter("every", str(error)) from None


def _accepted(accept: str) -> Format:
    if arrow.MEDIA_TYPE in accept:
        return "arrow"
    return "csv" if "text/csv" in accept else "json"


def _one_of(name: str, text: str, allowed: tuple[Choice, ...]) -> Any:
    if text not in allowed:
        raise wrong_parameter(name, f"expected one of {', '.join(allowed)}")
    return text


def _whole(name: str, text: str | None, least: int, most: int) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise wrong_parameter(name, f"expected a whole number from {least} to {most}")
    return int(text)


def _short(text: str) -> str:
    if len(text) > 200:
        raise wrong_parameter("cursor", "not one that we gave")
    return text


def time_parameter(name: str, text: str) -> int:
    """Ms UTC of a query parameter.

    :raises Problem: it is no time.
    """
    try:
        return parse_time(text)
    except ValueError as error:
        raise wrong_parameter(name, str(error)) from None


def _qualities(text: str | None) -> tuple[int, ...]:
    flags = {str(int(flag)): int(flag) for flag in Quality}
    asked = [] if text is None else text.split(",")
    if not all(one in flags for one in asked):
        raise wrong_parameter("quality", f"expected some of {', '.join(flags)}, with commas")
    return tuple(flags[one] for one in asked)
