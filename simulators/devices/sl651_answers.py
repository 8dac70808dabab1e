"""What a simulated SL 651 station answers its centre: 37, 38, 3A, 45, 4A, 51 (SL 651-2014 §6.6.4)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from protocols.sl651 import Frame, Mode, read_body
from protocols.sl651.elements import STEP
from protocols.sl651.items import AnyItem, Asked, Element, Named, NamedSeries, Names, Period, Plain, Series, StationMark
from protocols.sl651.times import MINUTE_MS, utc_ms
from protocols.sl651.values import step_of
from protocols.vocabulary import ProtocolError
from simulators.devices.sl651_content import ElementRow
from simulators.devices.sl651_logger import Sample, Sl651Logger

VERSION: Final = b"YZ RTU 1.0"
MAX_GROUPS: Final = 10_000
"""In one answer."""


def answer_of(logger: Sl651Logger, query: Frame) -> tuple[AnyItem, ...] | None:
    """The items of the answer; None to what this station does not understand: it is silent."""
    carry_out = _QUERIES.get(query.function)
    if carry_out is None:
        return None
    try:
        return carry_out(logger, query)
    except ProtocolError:
        return None


def _real_time(logger: Sl651Logger, query: Frame) -> tuple[AnyItem, ...]:
    """37."""
    del query
    return logger.items(_now(logger))


def _given(logger: Sl651Logger, query: Frame) -> tuple[AnyItem, ...]:
    """3A."""
    return logger.items(_now(logger), frozenset(row.id for row in _wanted(logger, query)))


def _period(logger: Sl651Logger, query: Frame) -> tuple[AnyItem, ...] | None:
    """38: what is in the memory, from hour to hour, both included; all F where nothing is."""
    items = read_body(query).items
    period = next((item for item in items if isinstance(item, Period)), None)
    step = next((item for item in items if isinstance(item, Element | Named) and step_of(item)), None)
    rows = _wanted(logger, query)
    if period is None or step is None or len(rows) != 1:
        return None
    step_ms = (step_of(step) or _NO_STEP).ms or MINUTE_MS
    begin_ms, end_ms = utc_ms(f"{period.begin}00"), utc_ms(f"{period.end}00")
    times = list(_times(begin_ms, min(end_ms, logger.own_ms()), step_ms))[:MAX_GROUPS]
    while times and times[0] not in logger.memory:
        times.pop(0)
    while times and times[-1] not in logger.memory:
        times.pop()
    samples = [logger.memory.get(time_ms) for time_ms in times] or [None]
    opening = logger.opening(times[0] if times else begin_ms)
    return (*opening, step, _series(rows[0], samples, logger.settings.mode))


def _series(row: ElementRow, samples: list[Sample | None], mode: Mode) -> AnyItem:
    data = [row.pack(None) if sample is None else sample.data[row.id] for sample in samples]
    if mode is Mode.ASCII:
        return NamedSeries((row.name,), tuple((row.text(one),) for one in data))
    return Series((row.head,), tuple((one,) for one in data))


def _times(begin_ms: int, end_ms: int, step_ms: int) -> Iterator[int]:
    return iter(range(begin_ms, end_ms + 1, step_ms))


def _set_clock(logger: Sl651Logger, query: Frame) -> tuple[AnyItem, ...]:
    """4A: from now on the station's stamps are of that clock."""
    logger.clock_error_ms += utc_ms(query.send_time or "") - logger.own_ms()
    return _mark(logger)


def _clock(logger: Sl651Logger, query: Frame) -> tuple[AnyItem, ...]:
    """51: the answer's send time is what was asked for."""
    del query
    return _mark(logger)


def _version(logger: Sl651Logger, query: Frame) -> tuple[AnyItem, ...]:
    """45."""
    del query
    return (*_mark(logger), Plain(bytes([len(VERSION)]) + VERSION))


def _mark(logger: Sl651Logger) -> tuple[AnyItem, ...]:
    return (StationMark(logger.settings.station),)


def _now(logger: Sl651Logger) -> Sample:
    return logger.sample(logger.own_ms() // MINUTE_MS * MINUTE_MS)


def _wanted(logger: Sl651Logger, query: Frame) -> list[ElementRow]:
    """Those of the station's elements that are asked for."""
    names: set[str] = set()
    ids: set[int] = set()
    for item in read_body(query).items:
        match item:
            case Asked():
                ids.add(item.id)
            case Names():
                names.update(item.names)
            case Element() if item.id != STEP:
                ids.add(item.id)
    return [row for row in logger.settings.type.elements if row.id in ids or row.name in names]


class _NoStep:
    ms = 0


_NO_STEP: Final = _NoStep()
_QUERIES: Final[Mapping[int, Callable[[Sl651Logger, Frame], tuple[AnyItem, ...] | None]]] = {
    0x37: _real_time,
    0x38: _period,
    0x3A: _given,
    0x45: _version,
    0x4A: _set_clock,
    0x51: _clock,
}
