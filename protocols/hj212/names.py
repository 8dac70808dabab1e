"""What the names of the content mean, and how their values are written: HJ 212-2017 §6.6.4 and Appendix C."""

import re
from typing import Final, NamedTuple

from protocols.hj212.commands import ExeRtn, QnRtn, command
from protocols.hj212.content import Group
from protocols.hj212.factors import factors
from protocols.hj212.packet import Packet

_NUMBER: Final = r"[+-]?[0-9]{1,14}(?:\.[0-9]+)?"
_TIME: Final = r"[0-9]{14}"


class Name(NamedTuple):
    """One name, or one suffix behind a factor's code."""

    meaning: str
    form: str
    """How its value is written, in words."""
    shape: re.Pattern[str]
    """The same for a machine."""


def _name(meaning: str, form: str, shape: str) -> Name:
    return Name(meaning, form, re.compile(shape))


_LOCAL: Final = "YYYYMMDDhhmmss, local"
NAMES: Final = {
    "QN": _name("number of the request", "YYYYMMDDhhmmsszzz", r"[0-9]{17}"),
    "CN": _name("command that is acknowledged", "4 digits", r"[0-9]{4}"),
    "QnRtn": _name("answer", "1-9 or 100", r"[1-9]|100"),
    "ExeRtn": _name("result", "1-6 or 100", r"[1-6]|100"),
    "OverTime": _name("timeout", "seconds, 1-99", r"0?[1-9]|[1-9][0-9]"),
    "ReCount": _name("retries", "1-99", r"0?[1-9]|[1-9][0-9]"),
    "WarnTime": _name("warn time", "digits", r"[0-9]+"),
    "SystemTime": _name("time of the device", _LOCAL, _TIME),
    "DataTime": _name("time of the data", _LOCAL, _TIME),
    "BeginTime": _name("first period", _LOCAL, _TIME),
    "EndTime": _name("last period, itself included", _LOCAL, _TIME),
    "RestartTime": _name("start of the data logger", _LOCAL, _TIME),
    "AlarmTime": _name("time of the alarm", _LOCAL, _TIME),
    "RtdInterval": _name(
        "real-time interval", "seconds, 30-3600", r"0*(?:[3-9][0-9]|[1-9][0-9]{2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600)"
    ),
    "MinInterval": _name(
        "minute interval", "minutes, 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30", r"0?[1-6]|10|12|15|20|30"
    ),
    "NewPW": _name("new password", "6 characters", r".{6}"),
    "PW": _name("new password", "6 characters", r".{6}"),
    "PolId": _name("factor", "a factor's code", r".+"),
    "InfoId": _name("piece of information", "its code", r".+"),
    "VaseNo": _name("bottle of the sample", "number", r"[0-9]+"),
    "CstartTime": _name("first sampling of the day", "hhmmss", r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){2}"),
    "Ctime": _name("sampling cycle", "hours, 1-24", r"0?[1-9]|1[0-9]|2[0-4]"),
    "Stime": _name("sample-out time", "minutes", r"[0-9]+"),
    "ReportTime": _name("time of the daily report", "hhmm", r"(?:[01][0-9]|2[0-3])[0-5][0-9]"),
    "AlarmTarget": _name("address of the data centre", "characters", r".+"),
    "AlarmType": _name("what happened", "number", r"[0-9]+"),
    "SKCreateTime": _name("when the key was made", _LOCAL, _TIME),
}
_SAME: Final = {"CTime": "Ctime", "Recount": "ReCount", "PolID": "PolId"}
"""Spellings that stand beside each other in the standards and in devices."""

SUFFIXES: Final = {
    "SampleTime": _name("sampled at", _LOCAL, _TIME),
    "CompleteTime": _name("completed at", _LOCAL, _TIME),
    "Rtd": _name("real-time value", "number", _NUMBER),
    "Min": _name("minimum", "number", _NUMBER),
    "Avg": _name("mean", "number", _NUMBER),
    "Max": _name("maximum", "number", _NUMBER),
    "Cou": _name("discharged amount", "number", _NUMBER),
    "ZsRtd": _name("real-time value, converted", "number", _NUMBER),
    "ZsMin": _name("minimum, converted", "number", _NUMBER),
    "ZsAvg": _name("mean, converted", "number", _NUMBER),
    "ZsMax": _name("maximum, converted", "number", _NUMBER),
    "Data": _name("value", "number", _NUMBER),
    "DayData": _name("value by day", "number", _NUMBER),
    "NightData": _name("value by night", "number", _NUMBER),
    "Flag": _name("data flag", "one character", r".{1,3}"),
    "EFlag": _name("vendor's flag", "at most 4 characters", r".{1,4}"),
    "RS": _name("state", "0-5", r"[0-5]"),
    "RT": _name("running time of the day", "hours", _NUMBER),
    "Info": _name("information", "characters; a log text stands between //", r".*"),
    "SN": _name("identity", "24 hexadecimal digits", r"[0-9A-Fa-f]{24}"),
    "LowValue": _name("lower limit", "number", _NUMBER),
    "UpValue": _name("upper limit", "number", _NUMBER),
    "Ala": _name("value of the alarm", "number", _NUMBER),
}
DATA_FLAGS: Final = {
    "N": "normal",
    "F": "stopped",
    "M": "maintenance",
    "S": "set by hand",
    "D": "device fault",
    "C": "calibration",
    "T": "above the instrument's range",
    "B": "no connection to the logger",
}
STATES: Final = {"0": "off", "1": "running", "2": "calibrating", "3": "maintained", "4": "alarm", "5": "back-flushing"}
_UNITS: Final = frozenset({"seconds", "minutes", "hours"})
_AMOUNTS: Final = frozenset(
    {"Rtd", "Min", "Avg", "Max", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax", "Data", "DayData", "NightData"}
)


def meaning_of(name: str, value: str) -> str:
    """What one item says, in words, with the unit of the table (the device's own may be another)."""
    known = NAMES.get(_SAME.get(name, name))
    if known is not None:
        unit = known.form.partition(",")[0]
        told = _told(name, value, known)
        return f"{known.meaning}{told or (f', {unit}' if unit in _UNITS else '')}"
    code, _, suffix = name.partition("-")
    factor = factors().get(code)
    what = f"{factor.name_zh} " if factor is not None else f"{code} " if suffix in SUFFIXES else ""
    known = SUFFIXES.get(suffix)
    if known is None:
        return f"{what}unlisted".strip()
    unit = ""
    if factor is not None and suffix in _AMOUNTS and factor.unit not in ("", "1"):
        unit = f", {factor.unit} by the table"
    if factor is not None and suffix == "Cou" and factor.emission_unit:
        unit = f", {factor.emission_unit} by the table"
    return f"{what}{known.meaning}{_told(suffix, value, known)}{unit}"


def _told(name: str, value: str, known: Name) -> str:
    """What the value says beyond itself."""
    if name in _WORDS and value in _WORDS[name]:
        return f": {_WORDS[name][value]}"
    if name == "PolId" and value in factors():
        return f": {factors()[value].name_zh}"
    if name == "CN":
        return f": {command(value).meaning}"
    return "" if known.shape.fullmatch(value) else f"; expected {known.form}"


_WORDS: Final = {
    "Flag": DATA_FLAGS,
    "RS": STATES,
    "QnRtn": {str(int(answer)): answer.name.lower().replace("_", " ") for answer in QnRtn},
    "ExeRtn": {str(int(result)): result.name.lower().replace("_", " ") for result in ExeRtn},
}


def is_upload(packet: Packet) -> bool:
    """Whether a packet carries data, where its command is both a request and an upload."""
    row = command(packet.cn, packet.version)
    if row.kind != "request or upload":
        return row.kind == "upload"
    wanted, brought = row.request.split(), row.upload.split()
    only = {_bare(name) for name in brought} - {_bare(name) for name in wanted}
    own = {name for group in packet.groups for name, _ in group}
    if {"BeginTime", "InfoId"} & own:
        return False
    return any(_general(name) in only for name in own) or (not row.upload and bool(own))


def wrong_items(packet: Packet) -> list[str]:
    """What the content lacks, or has in another form, by the table of commands; a line for each, at most 16.

    Names that the table does not list for the command are not told: standard and vendors add some.
    """
    row = command(packet.cn, packet.version)
    wanted = row.upload if row.kind == "answer" or is_upload(packet) else row.request
    present = {_general(name) for group in packet.groups for name, _ in group}
    found = [f"{row.cn}: {name} is missing" for name in wanted.split() if name[0] != "[" and name not in present]
    if packet.is_part and packet.pno != 1:
        found = []
    return (found + [line for group in packet.groups for line in _malformed(group)])[:16]


def _malformed(group: Group) -> list[str]:
    found = []
    for name, value in group:
        same = _SAME.get(name, name)
        known = NAMES.get(same) or SUFFIXES.get(name.partition("-")[2])
        if known is not None and known.shape.fullmatch(value) is None:
            found.append(f"{name}={value:.40}: expected {known.form}")
    return found


def _bare(name: str) -> str:
    return name.strip("[]")


def _general(name: str) -> str:
    """A name as the table of commands has it: ``w01018-Rtd`` is ``*-Rtd``."""
    name = _SAME.get(name, name)
    return f"*-{name.partition('-')[2]}" if "-" in name else name
