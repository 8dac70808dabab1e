"""What a station uploads: HJ 212-2017 Appendix C, one function for each command.

Times are UTC milliseconds, values are Decimals: what is sent is exactly the digits that were given. All raise
ValueError for what cannot stand in a packet.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from protocols.hj212.body import Body, bounded, item, plain
from protocols.hj212.content import Group
from protocols.hj212.times import local_stamp


class Sample(NamedTuple):
    """What is said of one factor."""

    factor: str
    values: Mapping[str, Decimal]
    """By suffix: Rtd, ZsRtd; Cou, Min, Avg, Max, ZsMin, ZsAvg, ZsMax; Data, DayData, NightData."""
    flag: str | None = "N"
    """None: noise instruments send none."""
    eflag: str | None = None
    sampled_ms: int | None = None

    def group(self) -> Group:
        """As it is sent."""
        factor = plain("factor", self.factor)
        values = [(f"{factor}-{plain('suffix', suffix)}", _digits(value)) for suffix, value in self.values.items()]
        time = [] if self.sampled_ms is None else [(f"{factor}-SampleTime", local_stamp(self.sampled_ms))]
        flags = [
            (f"{factor}-{name}", plain(name, flag))
            for name, flag in (("Flag", self.flag), ("EFlag", self.eflag))
            if flag is not None
        ]
        return (*time, *values, *flags)


def real_time_data(ms: int, samples: Sequence[Sample]) -> Body:
    """2011: the instant and what was measured."""
    return Body("2011", (_time(ms), *(sample.group() for sample in samples)))


def history(cn: Literal["2031", "2051", "2061"], start_ms: int, samples: Sequence[Sample]) -> Body:
    """Day, minute or hour data of the period that starts then."""
    return Body(cn, (_time(start_ms), *(sample.group() for sample in samples)))


def equipment_state(ms: int, states: Mapping[str, int]) -> Body:
    """2021: SB1, SB2... with 0 off, 1 running, 2 calibrating, 3 maintained, 4 alarm, 5 back-flushing."""
    rows = (bounded(f"{plain('equipment', name)}-RS", state, 0, 5) for name, state in states.items())
    return Body("2021", (_time(ms), *rows))


def running_time(day_ms: int, hours: Mapping[str, Decimal]) -> Body:
    """2041: hours that each equipment ran on the day that starts then."""
    rows = (((f"{plain('equipment', name)}-RT", _digits(value)),) for name, value in hours.items())
    return Body("2041", (_time(day_ms), *rows))


def restart_time(ms: int, restarted_ms: int) -> Body:
    """2081: when the data logger started."""
    return Body("2081", (_time(ms), item("RestartTime", local_stamp(restarted_ms))))


def device_time(ms: int, factor: str | None = None) -> Body:
    """1011."""
    return Body("1011", (*_factor(factor), item("SystemTime", local_stamp(ms))))


def ask_for_time(factor: str | None = None) -> Body:
    """1013, a notice: please set my clock."""
    return Body("1013", _factor(factor))


def real_time_interval(interval_s: int) -> Body:
    """1061."""
    return Body("1061", (bounded("RtdInterval", interval_s, 30, 3600),))


def minute_interval(minutes: int) -> Body:
    """1063."""
    return Body("1063", (bounded("MinInterval", minutes, 1, 30),))


def kept_sample(ms: int, bottle: int) -> Body:
    """3015: in which bottle the sample over the limit is."""
    return Body("3015", (_time(ms), bounded("VaseNo", bottle, 0, 99)))


def sampling_cycle(factor: str, start: str, hours: int) -> Body:
    """3017: the cycle of 1-24 h, from a time of the day on (hhmmss)."""
    return Body("3017", (*_factor(factor), item("CstartTime", start), bounded("Ctime", hours, 1, 24)))


def sample_out_time(factor: str, minutes: int) -> Body:
    """3018."""
    return Body("3018", (*_factor(factor), bounded("Stime", minutes, 0, 9999)))


def identity(factor: str, serial: str, ms: int | None = None) -> Body:
    """3019; with the time when nobody asked."""
    time = () if ms is None else (_time(ms),)
    return Body("3019", (*time, *_factor(factor), item(f"{factor}-SN", serial)))


def information(ms: int, factor: str, rows: Mapping[str, str]) -> Body:
    """3020: states and parameters by their codes."""
    return Body("3020", (_time(ms), *_factor(factor), *(item(f"{code}-Info", value) for code, value in rows.items())))


def log(ms: int, factor: str, code: str, text: str) -> Body:
    """3020: a log text of at most 890 characters; it may hold separators, but neither // nor &&."""
    if len(text) > 890 or "//" in text or "&&" in text:
        raise ValueError(f"log of {len(text)} characters: at most 890 are allowed, and neither // nor &&")
    return Body("3020", (_time(ms), *_factor(factor), ((f"{plain('code', code)}-Info", f"//{text}//"),)))


def heartbeat() -> Body:
    """9015, a notice: I am here."""
    return Body("9015")


def _digits(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} is no number that can be sent")
    return format(value, "f")


def _time(ms: int) -> Group:
    return item("DataTime", local_stamp(ms))


def _factor(code: str | None) -> tuple[Group, ...]:
    return () if code is None else (item("PolId", code),)
