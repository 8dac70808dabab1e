"""Rows of text put together column by column in numpy, where Python would take a step for each cell."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Texts = NDArray[np.bytes_]
Part = bytes | Texts
"""What every row has, or of each row its own; shape (rows,)."""

_DECIMALS: Final = 4
_UNITS: Final = 10**_DECIMALS
_WHOLE: Final = np.arange(100_000).astype("S5")
_FRACTION: Final = np.array([f".{unit:0{_DECIMALS}d}" for unit in range(_UNITS)])
_FRACTIONS: Final = [_FRACTION.astype(f"S{1 + decimals}") for decimals in range(1, _DECIMALS + 1)]
"""Point and digits of so many units of one, with 1, 2, ... decimals."""
_NEEDED: Final = _DECIMALS - sum(np.arange(_UNITS) % 10**zeros == 0 for zeros in range(1, _DECIMALS))
"""How many decimals so many units have."""
_MINUS: Final = np.array(["", "-"], "S1")


def spliced(parts: Sequence[Part], count: int) -> bytes:
    """Row after row, of each one part after the other. No part has NUL bytes in it."""
    rows = side_by_side(parts, count).tobytes()
    return rows if rows.find(b"\0") < 0 else rows.translate(None, b"\0")  # they fill up what is shorter than others


def side_by_side(parts: Sequence[Part], count: int) -> NDArray[np.void]:
    """The rows, each part in a field as wide as its longest text."""
    rows = np.empty(count, _row_type(tuple(len(p) if isinstance(p, bytes) else p.itemsize for p in parts)))
    for name, part in zip(rows.dtype.names or (), parts, strict=True):
        rows[name] = part
    return rows


@lru_cache(maxsize=256)
def _row_type(widths: tuple[int, ...]) -> np.dtype[Any]:
    return np.dtype([(f"part {index}", f"S{width}") for index, width in enumerate(widths)])


def numbers(values: NDArray[np.float64], none: bytes = b"null") -> list[Part]:
    """As JSON numbers that are read as the same, with as many decimals each.

    :param none: what stands for NaN and infinity.
    """
    size = np.abs(values)
    units = np.rint(size * _UNITS) if len(values) and (size < len(_WHOLE)).all() else None
    if units is None or not (units / _UNITS == size).all():
        texts = np.array(msgspec.json.encode(values.tolist())[1:-1].split(b","), np.bytes_)
        texts[~np.isfinite(values)] = none
        return [texts]
    unit = units.astype(np.int64)
    whole = unit // _UNITS
    unit -= whole * _UNITS
    found: list[Part] = [_WHOLE[whole].astype(f"S{len(str(whole.max()))}"), _FRACTIONS[_NEEDED[unit].max() - 1][unit]]
    negative = np.signbit(values)
    return [_MINUS[negative.view(np.uint8)], *found] if negative.any() else found


def counts(numbers: NDArray[np.integer[Any]]) -> Texts:
    """Whole numbers from 0."""
    few = not len(numbers) or numbers.max() < len(_WHOLE)
    return _WHOLE[numbers] if few else numbers.astype("S20")
