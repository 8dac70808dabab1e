"""Columns as line protocol: ``yz,ds=7,neuron=nrn-...,property=ph v=7.25,c=8589934592i 1767225600000``.

``v`` is the value (left out when missing), ``c`` quality and reasons as one number: 2^32 times the severity of the
quality (0 missing, 1 not evaluated, 2 pass, 3 suspect, 4 fail) plus the reasons, so that the largest ``c`` of a time
has its worst quality.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.store.port import Columns
from protocols.vocabulary import Point

MEASUREMENT: Final = "yz"
PASS: Final = 2 << 32
"""``c`` of a reading that passed, without reasons."""
_SEVERITY: Final = np.zeros(256, np.int64)
_SEVERITY[[9, 2, 1, 3, 4]] = np.arange(5)
QUALITY: Final = np.array([9, 2, 1, 3, 4], np.uint8)
"""By severity."""


def codes(columns: Columns) -> NDArray[np.int64]:
    """``c`` of each row."""
    return (_SEVERITY[columns.quality] << 32) | columns.reasons.astype(np.int64)


def quality_of(code: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The quality that ``c`` says."""
    return QUALITY[(code >> 32).astype(np.intp)]


def reasons_of(code: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The reasons that ``c`` says."""
    return (code & 0xFFFF_FFFF).astype(np.uint32)


def code_range(quality: int) -> tuple[int, int]:
    """Of ``c`` of this quality: from, and below."""
    severity = int(_SEVERITY[quality])
    return severity << 32, (severity + 1) << 32


class LineWriter:
    """Remembers how the lines of each datastream begin.

    :param describe: the point of a datastream's number; None when it is not known any more.
    :param bare: a reading that passed without reasons has no ``c``.
    """

    def __init__(self, describe: Callable[[int], Point | None], *, bare: bool) -> None:
        self._describe = describe
        self._bare = bare
        self._heads: dict[int, str] = {}

    def lines(self, columns: Columns) -> str:
        """One line per row."""
        heads = [self._heads.get(number) or self._head(number) for number in columns.datastream.tolist()]
        code = codes(columns)
        values, times = columns.value.tolist(), columns.time.tolist()
        if self._bare and not (np.isnan(columns.value).any() or (code != PASS).any()):
            return "\n".join(
                [f"{head} v={value!r} {time}" for head, value, time in zip(heads, values, times, strict=True)]
            )
        rows = zip(heads, values, code.tolist(), times, strict=True)
        return "\n".join([f"{head} {self._fields(value, number)} {time}" for head, value, number, time in rows])

    def _fields(self, value: float, code: int) -> str:
        if value != value:  # missing  # noqa: PLR0124 - twice as fast as isnan
            return f"c={code}i"
        return f"v={value!r}" if self._bare and code == PASS else f"v={value!r},c={code}i"

    def _head(self, number: int) -> str:
        point = self._describe(number)
        tags = ""
        if point is not None:
            tags = f",neuron={point.source},property={point.observed}"
            tags += f",channel={point.channel}" if point.channel else ""
        head = f"{MEASUREMENT},ds={number}{tags}"
        if point is not None:  # whoever is not known yet may be the next time
            self._heads[number] = head
        return head
