"""What a packet's content measures: factor, statistic, value, data flag, time (HJ 212-2017 §6.6.4, Table 10)."""

import re
from math import isfinite
from typing import Final, NamedTuple

from protocols.hj212.content import Group
from protocols.hj212.packet import Packet
from protocols.hj212.times import utc_ms
from protocols.vocabulary.quality import Quality, Reason

QUALIFIERS: Final = frozenset({"Flag", "EFlag", "SampleTime", "Info", "SN"})
"""Suffixes that say something about a measurement, or that are no number: no measurement of their own."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,24}(?:\.[0-9]{0,24})?|\.[0-9]{1,24})(?:[Ee][+-]?[0-9]{1,3})?")

_FLAGS: Final[dict[str, tuple[Quality, Reason]]] = {
    "N": (Quality.NOT_EVALUATED, Reason.NONE),
    "S": (Quality.NOT_EVALUATED, Reason.MANUAL),
    "M": (Quality.NOT_EVALUATED, Reason.MAINTENANCE),
    "C": (Quality.NOT_EVALUATED, Reason.CALIBRATION),
    "T": (Quality.SUSPECT, Reason.INSTRUMENT_RANGE),
    "F": (Quality.FAIL, Reason.STOPPED),
    "D": (Quality.FAIL, Reason.DEVICE_FAULT),
    "B": (Quality.FAIL, Reason.LINK_FAULT),
}


def quality_of(flag: str | None) -> tuple[Quality, Reason]:
    """What a data flag says; none says nothing, an unlisted one is told on as the device's own flag."""
    if flag is None:
        return Quality.NOT_EVALUATED, Reason.NONE
    return _FLAGS.get(flag, (Quality.NOT_EVALUATED, Reason.DEVICE_FLAG))


class Measurement(NamedTuple):
    """One value of one factor."""

    factor: str
    """w01018, a34004, LA, SB1, or an old code such as 011; unlisted ones are carried."""
    suffix: str
    """Rtd, Min, Avg, Max, Cou, ZsRtd, Data, RS... as it was sent."""
    text: str
    value: float | None
    """None when the text is no finite decimal number."""
    time: int | None
    """UTC ms: the factor's SampleTime, else the packet's DataTime, else None: the device gave no time."""
    flag: str | None
    eflag: str | None
    sent_again: bool = False
    """RF=1: the station could not deliver it in its time."""

    @property
    def quality(self) -> Quality:
        """From the data flag; MISSING when there is no value."""
        return Quality.MISSING if self.value is None else quality_of(self.flag)[0]

    @property
    def reasons(self) -> Reason:
        """From the data flag; INVALID_VALUE when the text is no number, BACKFILLED when it was sent again."""
        reason = quality_of(self.flag)[1] | (Reason.BACKFILLED if self.sent_again else Reason.NONE)
        return reason | Reason.INVALID_VALUE if self.value is None else reason


def data_time(packet: Packet) -> int | None:
    """The packet's DataTime, UTC ms; None when it has none.

    :raises ProtocolError: it is no time.
    """
    text = packet.first("DataTime")
    return None if text is None else utc_ms(text)


def measurements(packet: Packet) -> list[Measurement]:
    """All numbers of a packet in wire order, each with the flag and time that its group gives its factor.

    :raises ProtocolError: DataTime or a SampleTime is no time.
    """
    time, again = data_time(packet), packet.is_sent_again
    found: list[Measurement] = []
    for group in packet.groups:
        found += _of_group(group, time, sent_again=again)
    return found


def _of_group(group: Group, time: int | None, *, sent_again: bool) -> list[Measurement]:
    values: list[tuple[str, str, str]] = []
    notes: dict[tuple[str, str], str] = {}
    for name, text in group:
        factor, hyphen, suffix = name.partition("-")
        if suffix in QUALIFIERS:
            notes[factor, suffix] = text
        elif hyphen:
            values.append((factor, suffix, text))
    found = []
    for factor, suffix, text in values:
        sampled = notes.get((factor, "SampleTime"))
        when = time if sampled is None else utc_ms(sampled)
        flag, eflag = notes.get((factor, "Flag")), notes.get((factor, "EFlag"))
        found.append(Measurement(factor, suffix, text, number(text), when, flag, eflag, sent_again))
    return found


def number(text: str) -> float | None:
    """A decimal number as devices write it; None for anything else (blanks, commas, NaN, other scripts' digits)."""
    if _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if isfinite(value) else None
