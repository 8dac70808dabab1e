"""Readings that go out one by one, among other things."""

from functools import lru_cache

import msgspec

from cloud.api.times import format_times
from cloud.store.port import Columns
from protocols.vocabulary import reason_names


class ReadingRow(msgspec.Struct, frozen=True):
    """One reading of a known datastream."""

    time: str
    value: float
    """NaN: none; msgspec writes it as null."""
    quality: int
    reasons: list[str]


def readings(columns: Columns) -> list[ReadingRow]:
    """Columns as rows."""
    reasons = map(reasons_of, columns.reasons.tolist())
    return list(map(ReadingRow, format_times(columns.time), columns.value.tolist(), columns.quality.tolist(), reasons))


@lru_cache(maxsize=4096)
def reasons_of(bits: int) -> list[str]:
    """Their names; not to be changed."""
    return reason_names(bits)
