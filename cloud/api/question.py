"""What is asked of readings: from when to when, raw or by bucket, of which quality, as JSON, CSV or Arrow."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import Depends, Header, Query

from cloud.api import arrow
from cloud.api.context import Context
from cloud.api.paging import numbers_after
from cloud.api.problems import wrong_parameter
from cloud.api.times import parse_duration, parse_time
from cloud.store.port import Aggregate
from protocols.vocabulary import Quality

MOST_BUCKETS: Final = 100_000
"""Of one series in one question: ten years by the hour are 87,600."""
MOST_READINGS: Final = 50_000
Format = Literal["json", "csv", "arrow"]


@dataclass(frozen=True, slots=True)
class Question:
    """Readings with from_ms <= time < to_ms."""

    from_ms: int
    to_ms: int
    every_ms: int | None
    """Bucket length; None: raw readings."""
    aggregate: Aggregate
    qualities: tuple[int, ...]
    """Only these; empty: all."""
    limit: int
    after: tuple[int, int] | None
    """Go on behind this (time, number)."""
    format: Format


async def _question(  # noqa: PLR0913, PLR0917 - the query parameters
    context: Context,
    from_: Annotated[
        str | None, Query(alias="from", description="RFC 3339; as far back as `every` allows when left out")
    ] = None,
    to: Annotated[str | None, Query(description="RFC 3339, exclusive; now when left out")] = None,
    every: Annotated[str | None, Query(description="bucket length, as 15m; buckets start at multiples of it")] = None,
    agg: Annotated[Aggregate | None, Query(description="mean when left out; needs `every`")] = None,
    quality: Annotated[str | None, Query(max_length=20, description="flags, as 1,2")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_READINGS)] = 1000,
    cursor: Annotated[str, Query(max_length=200)] = "",
    format: Annotated[Format | None, Query()] = None,  # noqa: A002 - its name in the query
    accept: Annotated[str, Header()] = "",
) -> Question:
    now_ms = context.clock.now_ms() + context.limits.future_s * 1000
    to_ms = now_ms if to is None else time_parameter("to", to)
    if agg is not None and every is None:
        raise wrong_parameter("agg", "expected together with `every`")
    every_ms = None if every is None else _every(every)
    earliest_ms = 0 if every_ms is None else max(0, to_ms - MOST_BUCKETS * every_ms)
    from_ms = earliest_ms if from_ is None else time_parameter("from", from_)
    if from_ms > to_ms:
        raise wrong_parameter("from", "expected a time before `to`")
    if every_ms is not None and (to_ms - from_ms) // every_ms > MOST_BUCKETS:
        raise wrong_parameter("every", f"more than {MOST_BUCKETS} buckets: ask for longer ones or a shorter time")
    after = numbers_after(cursor, 2)
    return Question(
        from_ms,
        to_ms,
        every_ms,
        agg or "mean",
        _qualities(quality),
        limit,
        None if after is None else (after[0], after[1]),
        format or _accepted(accept),
    )


Asked = Annotated[Question, Depends(_question)]


def _accepted(accept: str) -> Format:
    if arrow.MEDIA_TYPE in accept:
        return "arrow"
    return "csv" if "text/csv" in accept else "json"


def time_parameter(name: str, text: str) -> int:
    """Ms UTC of a query parameter.

    :raises Problem: it is no time.
    """
    try:
        return parse_time(text)
    except ValueError as error:
        raise wrong_parameter(name, str(error)) from None


def _every(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise wrong_parameter("every", str(error)) from None


def _qualities(text: str | None) -> tuple[int, ...]:
    flags = {str(int(flag)): int(flag) for flag in Quality}
    asked = [] if text is None else text.split(",")
    if not all(one in flags for one in asked):
        raise wrong_parameter("quality", f"expected some of {', '.join(flags)}, with commas")
    return tuple(flags[one] for one in asked)
