"""InfluxDB line protocol, strictly: measurement, tags, fields with their types, time (InfluxDB v2 reference)."""

import re
from math import isfinite
from typing import Final, Literal, NamedTuple

Precision = Literal["ns", "us", "ms", "s"]
FieldValue = float | int | bool | str

PER_MS: Final = {"ns": 1_000_000, "us": 1_000, "ms": 1}
_MEASUREMENT: Final = re.compile(r"(?:[^\\, \n]|\\[^\n]|\\(?=\n|$))+")
_KEY: Final = re.compile(r"(?:[^\\,= \n]|\\[^\n])+")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PLAIN: Final = re.compile(r"[^, \n]*")
_INTEGER: Final = re.compile(r"(-?[0-9]{1,20})([iu])", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?", re.ASCII)
_TIME: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_ESCAPE: Final = re.compile(r"\\([,= ])")
_STRING_ESCAPE: Final = re.compile(r'\\(["\\])')
_BOOLEANS: Final[dict[str, bool]] = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), False),
}


class Line(NamedTuple):
    """One line: what one sender observed at one instant."""

    number: int
    """Counted from 1."""
    measurement: str
    tags: dict[str, str]
    fields: dict[str, FieldValue]
    time_ms: int | None
    """UTC; None when the sender gave none."""


class LineFault(NamedTuple):
    """A line, or a field of it, that was not taken."""

    number: int
    message: str


class _Wrong(Exception):
    pass


def parse(text: str, precision: Precision, number: int = 1) -> tuple[list[Line], list[LineFault]]:
    """The lines of a body and what was wrong with the others; a wrong line does not hurt its neighbours.

    :param number: of the first line.
    """
    lines: list[Line] = []
    faults: list[LineFault] = []
    at = 0
    while at < len(text):
        cursor = _Cursor(text, at)
        if cursor.at_blank_or_comment():
            end = _line_end(text, at)
        else:
            try:
                lines.append(_line(cursor, number, precision))
                end = cursor.at
            except _Wrong as wrong:
                end = _line_end(text, cursor.at)
                faults.append(LineFault(number, f"unable to parse {text[at:end].strip()[:80]!r}: {wrong}"))
        number += text.count("\n", at, end) + 1
        at = end + 1
    return lines, faults


class _Cursor:
    """A place in the text; every step goes on or raises."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at

    def at_blank_or_comment(self) -> bool:
        rest = self.text[self.at : _line_end(self.text, self.at)].strip(" \t\r")
        return not rest or rest.startswith("#")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise _Wrong(f"missing {what}")
        self.at = match.end()
        return match

    def passes(self, character: str) -> bool:
        if self.peek() != character:
            return False
        self.at += 1
        return True

    def spaces(self) -> None:
        while self.passes(" "):
            pass


def _line(cursor: _Cursor, number: int, precision: Precision) -> Line:
    cursor.spaces()
    measurement = _ESCAPE.sub(r"\1", cursor.take(_MEASUREMENT, "measurement")[0])
    tags: dict[str, str] = {}
    while cursor.passes(","):
        key = _key(cursor, "tag key", tags)
        if not cursor.passes("="):
            raise _Wrong(f"missing tag value of {key!r}")
        tags[key] = _ESCAPE.sub(r"\1", cursor.take(_KEY, f"tag value of {key!r}")[0])
    if cursor.peek() != " ":
        raise _Wrong("missing fields")
    cursor.spaces()
    fields: dict[str, FieldValue] = {}
    while not fields or cursor.passes(","):
        key = _key(cursor, "field key", fields)
        if not cursor.passes("="):
            raise _Wrong(f"missing field value of {key!r}")
        fields[key] = _value(cursor, key)
    return Line(number, measurement, tags, fields, _time(cursor, precision))


def _key(cursor: _Cursor, what: str, known: "dict[str, str] | dict[str, FieldValue]") -> str:
    key = _ESCAPE.sub(r"\1", cursor.take(_KEY, what)[0])
    if key in known:
        raise _Wrong(f"{what} {key!r} comes twice")
    return key


def _value(cursor: _Cursor, key: str) -> FieldValue:
    if cursor.peek() == '"':
        return _STRING_ESCAPE.sub(r"\1", cursor.take(_STRING, f"closing quote of {key!r}")[1])
    text = cursor.take(_PLAIN, f"field value of {key!r}")[0].rstrip("\r")
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if (match := _INTEGER.fullmatch(text)) is not None:
        value, low, high = int(match[1]), *((-(2**63), 2**63) if match[2] == "i" else (0, 2**64))
        if not low <= value < high:
            raise _Wrong(f"field {key!r}: {text} is out of range")
        return value
    if _FLOAT.fullmatch(text) is not None and isfinite(number := float(text)):
        return number
    raise _Wrong(f"field {key!r}: {text[:40]!r} is no number, boolean or string")


def _time(cursor: _Cursor, precision: Precision) -> int | None:
    cursor.spaces()
    text = cursor.text[cursor.at : _line_end(cursor.text, cursor.at)]
    cursor.at += len(text)
    text = text.rstrip(" \t\r")
    if not text:
        return None
    if _TIME.fullmatch(text) is None:
        raise _Wrong(f"bad timestamp {text[:40]!r}")
    return int(text) * 1000 if precision == "s" else int(text) // PER_MS[precision]


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
