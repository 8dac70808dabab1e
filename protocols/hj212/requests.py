"""What a data centre asks of a station: the requests of HJ 212-2017 Appendix C, one function for each command.

Times are UTC milliseconds. All raise ValueError for what the standard does not allow.
"""

from typing import Final, Literal, NamedTuple

from protocols.hj212.body import Body, bounded, item
from protocols.hj212.content import Group
from protocols.hj212.times import local_stamp

MINUTE_INTERVALS: Final = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)


def set_timeouts(over_time_s: int, retries: int) -> Body:
    """1000: how long the station waits for an answer, 1-99 s, and how often it tries again, 1-99 times."""
    return Body("1000", (bounded("OverTime", over_time_s, 1, 99), bounded("ReCount", retries, 1, 99)))


def get_time(factor: str | None = None) -> Body:
    """1011: the time of the data logger, or of one factor's instrument."""
    return Body("1011", _factor(factor))


def set_time(ms: int, factor: str | None = None) -> Body:
    """1012: set the clock of the data logger, or of one factor's instrument."""
    return Body("1012", (*_factor(factor), item("SystemTime", local_stamp(ms))))


def get_real_time_interval() -> Body:
    """1061."""
    return Body("1061")


def set_real_time_interval(interval_s: int) -> Body:
    """1062: 30-3600 s."""
    return Body("1062", (bounded("RtdInterval", interval_s, 30, 3600),))


def get_minute_interval() -> Body:
    """1063."""
    return Body("1063")


def set_minute_interval(minutes: int) -> Body:
    """1064: one of MINUTE_INTERVALS."""
    if minutes not in MINUTE_INTERVALS:
        raise ValueError(f"MinInterval={minutes}: expected one of {', '.join(map(str, MINUTE_INTERVALS))}")
    return Body("1064", (item("MinInterval", str(minutes)),))


def set_password(password: str) -> Body:
    """1072: a new password of 6 characters; the request itself goes under the old one."""
    if len(password) != 6:
        raise ValueError(f"NewPW: {len(password)} characters, expected 6")
    return Body("1072", (item("NewPW", password),))


def start_real_time_data() -> Body:
    """2011: from now on."""
    return Body("2011")


def stop_real_time_data() -> Body:
    """2012, a notice."""
    return Body("2012")


def start_equipment_state() -> Body:
    """2021: from now on."""
    return Body("2021")


def stop_equipment_state() -> Body:
    """2022, a notice."""
    return Body("2022")


def get_history(cn: Literal["2031", "2041", "2051", "2061"], begin_ms: int, end_ms: int) -> Body:
    """Day data, running times, minute or hour data of the periods that start from begin to end, both included."""
    if end_ms < begin_ms:
        raise ValueError(f"EndTime {local_stamp(end_ms)} lies before BeginTime {local_stamp(begin_ms)}")
    return Body(cn, _period(begin_ms, end_ms))


def calibrate(factor: str) -> Body:
    """3011: zero and span."""
    return Body("3011", _factor(factor))


def sample_now(factor: str) -> Body:
    """3012."""
    return Body("3012", _factor(factor))


def clean(factor: str) -> Body:
    """3013: cleaning or back-flush."""
    return Body("3013", _factor(factor))


def compare(factor: str) -> Body:
    """3014: sampling for comparison."""
    return Body("3014", _factor(factor))


def keep_sample() -> Body:
    """3015: keep the sample that is over the limit."""
    return Body("3015")


def set_cycle(factor: str, start: str, hours: int) -> Body:
    """3016: sampling cycle of 1-24 h from a time of the day on (hhmmss)."""
    if not (len(start) == 6 and start.isascii() and start.isdigit()) or start > "235959":
        raise ValueError(f"CstartTime={start!r:.40}: expected hhmmss")
    return Body("3016", (*_factor(factor), item("CstartTime", start), bounded("Ctime", hours, 1, 24)))


def get_cycle(factor: str) -> Body:
    """3017."""
    return Body("3017", _factor(factor))


def get_sample_out_time(factor: str) -> Body:
    """3018."""
    return Body("3018", _factor(factor))


def get_identity(factor: str) -> Body:
    """3019."""
    return Body("3019", _factor(factor))


def get_information(factor: str, information: str, begin_ms: int | None = None, end_ms: int | None = None) -> Body:
    """3020: a log (with its period), a state or a parameter of one factor's instrument."""
    groups = (*_factor(factor), item("InfoId", information))
    if begin_ms is not None and end_ms is not None:
        groups += _period(begin_ms, end_ms)
    return Body("3020", groups)


def set_parameter(factor: str, information: str, value: str) -> Body:
    """3021: one parameter of one factor's instrument."""
    return Body("3021", (*_factor(factor), item("InfoId", information), item(f"{information}-Info", value)))


class Settings(NamedTuple):
    """What a data centre settles with a station first (§6.7)."""

    over_time_s: int
    retries: int
    interval_s: int
    """Of real-time data."""
    minutes: int
    """Of minute data."""
    real_time: bool = True
    states: bool = False
    """Whether the station is to send the state of its equipment."""


def initial_dialogue(settings: Settings, now_ms: int) -> tuple[Body, ...]:
    """Clock, timeouts, intervals, real-time data on or off, equipment state on or off, in the order of §6.7."""
    return (
        set_time(now_ms),
        set_timeouts(settings.over_time_s, settings.retries),
        set_real_time_interval(settings.interval_s),
        set_minute_interval(settings.minutes),
        start_real_time_data() if settings.real_time else stop_real_time_data(),
        start_equipment_state() if settings.states else stop_equipment_state(),
    )


def pull_after_gap(
    cn: Literal["2031", "2041", "2051", "2061"], last_ms: int, next_ms: int, period_ms: int
) -> Body | None:
    """The request for the periods between two that came, by their starts; None when none is missing."""
    if next_ms - last_ms <= period_ms:
        return None
    return get_history(cn, last_ms + period_ms, next_ms - period_ms)


def _factor(code: str | None) -> tuple[Group, ...]:
    return () if code is None else (item("PolId", code),)


def _period(begin_ms: int, end_ms: int) -> tuple[Group, ...]:
    return item("BeginTime", local_stamp(begin_ms)), item("EndTime", local_stamp(end_ms))
