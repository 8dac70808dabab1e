"""Plain lines of line protocol in bulk: what repeats is understood once, numbers and times are read by the column.

A line is plain when it has no string, no escape, one space where spaces belong, numbers only, a time that is believed,
and datastreams that are known and in the sender's unit. Every other line is left to the strict parser, which alone
says what is wrong.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cloud.ingest.line_protocol import PER_MS, Line, Precision, parse

_FLOAT: Final = r"[-+]?+(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:[eE][-+]?+[0-9]{1,4}+)?+"
_INTEGER: Final = r"-?+[0-9]{1,18}+i|[0-9]{1,18}+u"
_NUMBERS: Final = re.compile(rf"(?:(?:{_INTEGER}|{_FLOAT}),)*+", re.ASCII)
_TIMES: Final = re.compile(r"(?:-?+(?:[0-8][0-9]{18}+|[0-9]{1,18}+) )*+", re.ASCII)
_SECONDS: Final = re.compile(r"(?:-?+[0-9]{1,15}+ )*+", re.ASCII)
_AT_ONCE: Final = 20_000
"""Values that are checked together."""

Place = Callable[[Line, str], int | None]
"""The datastream of a field of the series that a line belongs to; None: left to who can say why."""


class Rows(NamedTuple):
    """Readings in the order of their lines."""

    datastream: NDArray[np.int32]
    time_ms: NDArray[np.int64]
    value: NDArray[np.float64]


class _Part:
    """Lines whose numbers and times are read together."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []
        self.counts: list[int] = []
        self.stamps: list[str] = []
        self.numbers: list[int] = []
        self.values: list[str] = []


class BulkReader:
    """Reads one body.

    :param window: the first and the last time that is believed, UTC ms.
    """

    def __init__(self, precision: Precision, window: tuple[int, int], place: Place) -> None:
        self.left: list[tuple[int, str]] = []
        """(number, text) of the lines that were left."""
        self._precision = precision
        self._window = window
        self._place = place
        self._known: dict[str, dict[str, int | None] | None] = {}
        """Head (measurement and tags) -> field -> datastream; None: the head is not plain."""
        self._lines: dict[str, Line] = {}
        self._rows: list[Rows] = []

    def read(self, text: str) -> list[Rows] | None:
        """The readings of plain lines; None: strings or escapes are in the body, which may go over line ends."""
        if '"' in text or "\\" in text:
            return None
        part = _Part()
        returns = "\r" in text
        for number, line in enumerate(text.split("\n"), 1):
            words = line.split(" ")
            if len(words) == 3 and self._take(words[0], words[1], part):
                part.lines.append((number, line))
                part.stamps.append(words[2].removesuffix("\r") if returns else words[2])
                if len(part.values) >= _AT_ONCE:
                    self._finish(part)
                    part = _Part()
            elif line:
                self.left.append((number, line))
        self._finish(part)
        return self._rows

    def _take(self, head: str, fields: str, part: _Part) -> bool:
        """Add a line's values to the part; False: it is not plain."""
        known = self._known[head] if head in self._known else self._learned(head)
        if known is None:
            return False
        if "," not in fields:
            key, _, value = fields.partition("=")
            number = known[key] if key in known else self._asked(head, key, known)
            if number is None:
                return False
            part.numbers.append(number)
            part.values.append(value)
            part.counts.append(1)
            return True
        numbers: list[int] = []
        values: list[str] = []
        for field in fields.split(","):
            key, _, value = field.partition("=")
            number = known[key] if key in known else self._asked(head, key, known)
            if number is None:
                return False
            numbers.append(number)
            values.append(value)
        if len(set(numbers)) != len(numbers):
            return False
        part.numbers += numbers
        part.values += values
        part.counts.append(len(numbers))
        return True

    def _learned(self, head: str) -> dict[str, int | None] | None:
        lines, faults = parse(f"{head} f=0", "ns")
        if faults or not lines:  # a comment, or what only the strict parser can speak of
            self._known[head] = None
            return None
        self._lines[head] = lines[0]
        known = self._known[head] = dict[str, int | None]()
        return known

    def _asked(self, head: str, key: str, known: dict[str, int | None]) -> int | None:
        number = known[key] = self._place(self._lines[head], key)
        return number

    def _finish(self, part: _Part) -> None:
        """Read what was gathered; lines with what is no number or no time are left."""
        stamps, values = " ".join(part.stamps), ",".join(part.values)
        if not part.lines:
            return
        if not self._are_times(stamps) or _NUMBERS.fullmatch(f"{values},") is None:
            part = self._sifted(part)
            stamps, values = " ".join(part.stamps), ",".join(part.values)
            if not part.lines:
                return
        if "i" in values or "u" in values:
            values = values.replace("i", "").replace("u", "")
        value = np.array(values.split(","), dtype=object).astype(np.float64)
        time = self._ms(np.array(stamps.split(" "), dtype=object).astype(np.int64))
        counts = np.array(part.counts)
        good = (time >= self._window[0]) & (time <= self._window[1])
        finite = np.isfinite(value)
        if not finite.all():
            good &= np.logical_and.reduceat(finite, np.cumsum(counts) - counts)
        rows = Rows(np.array(part.numbers, np.int32), np.repeat(time, counts), value)
        if not good.all():
            self.left += [line for line, is_good in zip(part.lines, good, strict=True) if not is_good]
            mask = np.repeat(good, counts)
            rows = Rows(rows.datastream[mask], rows.time_ms[mask], rows.value[mask])
        self._rows.append(rows)

    def _sifted(self, part: _Part) -> _Part:
        """Only the lines that are right."""
        kept = _Part()
        at = 0
        for line, stamp, count in zip(part.lines, part.stamps, part.counts, strict=True):
            values = part.values[at : at + count]
            if self._are_times(stamp) and _NUMBERS.fullmatch(f"{','.join(values)},") is not None:
                kept.lines.append(line)
                kept.stamps.append(stamp)
                kept.counts.append(count)
                kept.values += values
                kept.numbers += part.numbers[at : at + count]
            else:
                self.left.append(line)
            at += count
        return kept

    def _are_times(self, stamps: str) -> bool:
        pattern = _SECONDS if self._precision == "s" else _TIMES
        return pattern.fullmatch(f"{stamps} ") is not None

    def _ms(self, stamps: NDArray[np.int64]) -> NDArray[np.int64]:
        return stamps * 1000 if self._precision == "s" else stamps // PER_MS[self._precision]
