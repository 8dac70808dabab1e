"""Readings and rollups to blocks; values as whole numbers where they are decimals."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cloud.store.block_index import Ints
from cloud.store.packing import Column, Cuts, Whole, packed
from cloud.store.partials import Partials
from cloud.store.tables import BESIDE_LOW, DIFFERENCES, POWERS, READINGS, ROLLUPS, VALUES, Readings

_EXACT: Final = 2.0**52
_ROUNDING: Final = 1e-12
"""By how much of its parts a sum of floats may miss the sum of the decimals."""
_TOO_COARSE: Final = 0.01
"""Units."""


class Encoded(NamedTuple):
    """The bytes of blocks and the arrays of their index, but for where they will lie."""

    data: list[bytes]
    arrays: dict[str, NDArray[Any]]


def encode_readings(rows: Readings, cuts: Cuts) -> Encoded:
    """Blocks of readings; each is of at most BLOCK_ROWS rows."""
    missing = np.isnan(rows.value)
    value = _carried(rows.value, missing, cuts) if missing.any() else rows.value
    scales = _scales((value,), cuts)
    delay = (rows.stored - rows.time) // 1000
    numbers = _numbers(value, scales, cuts)
    columns: list[Whole] = [rows.datastream, rows.time, numbers, missing, rows.quality, rows.reasons, delay]
    return _blocks(READINGS, columns, scales, cuts, rows.datastream, rows.time)


def _carried(value: NDArray[np.float64], missing: NDArray[np.bool_], cuts: Cuts) -> NDArray[np.float64]:
    """In place of missing values those before them in their block, or 0."""
    before = np.maximum.accumulate(np.where(missing, -1, np.arange(len(value))))
    return np.where(before < cuts.of_rows(cuts.begins), 0.0, value[np.maximum(before, 0)])


def encode_rollups(sums: Partials, level_ms: int, cuts: Cuts) -> Encoded:
    """Blocks of rollups, likewise."""
    start, count = sums["start"], sums["count"]
    total = _Sum(sums["total"], count * np.maximum(np.abs(sums["low"]), np.abs(sums["high"])))
    scales = _scales((sums["low"], sums["high"], sums["first"], sums["last"]), cuts, total)
    numbers = {name: _numbers(sums[name], scales, cuts) for name in VALUES if name in sums}
    scaled = cuts.of_rows(scales >= 0)
    for name in BESIDE_LOW:
        numbers[name] = np.where(scaled, numbers[name] - numbers["low"], numbers[name])
    numbers |= {
        "datastream": sums["datastream"], "start": start // level_ms, "count": count,
        "first_at": sums["first_at"] - start, "last_at": sums["last_at"] - start, "mask": sums["mask"],
    }  # fmt: skip
    return _blocks(ROLLUPS, [numbers[name] for name in ROLLUPS], scales, cuts, sums["datastream"], start)


def _blocks(  # noqa: PLR0913 - blocks are made of these
    names: Sequence[str],
    columns: Sequence[Whole],
    scales: NDArray[np.int8],
    cuts: Cuts,
    datastream: NDArray[np.int32],
    time: NDArray[np.int64],
) -> Encoded:
    always, never, scaled = np.ones(len(cuts), np.bool_), np.zeros(len(cuts), np.bool_), scales >= 0
    how = [(scaled if name in VALUES else always) if name in DIFFERENCES else never for name in names]
    data, index = packed(list(map(Column, columns, how)), cuts)
    index |= {"first": datastream[cuts.begins], "last": datastream[cuts.lasts], "scale": scales}
    return Encoded(data, index | {"earliest": cuts.least(time), "latest": cuts.greatest(time)})


class _Sum(NamedTuple):
    """Sums of values, as exact as those are."""

    value: NDArray[np.float64]
    most: NDArray[np.float64]
    """What its values could add up to if all had the same sign."""

    def fits(self, rows: Any, power: float) -> NDArray[np.bool_]:
        """Whether its values are whole numbers of so small a unit, too; to the bit where rounding could hide a part."""
        value, rounding = self.value[rows], _ROUNDING * power * self.most[rows]
        units = value * power
        fits: NDArray[np.bool_] = np.abs(units - np.rint(units)) <= rounding
        fits &= (rounding < _TOO_COARSE) | _whole(value, power)
        return fits


def _scales(exact: Sequence[NDArray[np.float64]], cuts: Cuts, total: _Sum | None = None) -> NDArray[np.int8]:
    """How many decimals the values of each block have; -1: more than 9.

    :param exact: they must be the same again, to the bit.
    :param total: of values that are not all among those.
    """
    scales = np.full(len(cuts), -1, np.int8)
    sums = () if total is None else (total.value,)
    most = np.maximum.reduce([cuts.greatest(np.abs(one)) for one in (*exact, *sums)])
    open_ = np.ones(len(cuts), np.bool_)
    for decimals, power in enumerate(POWERS.tolist()):
        open_ &= most < _EXACT / power
        likely = open_.copy()
        likely[open_] = _whole(exact[0][cuts.begins[open_]], power)
        if not likely.any():
            continue
        rows, parts = (slice(None), cuts) if likely.all() else cuts.part(likely)
        told = [_whole(one[rows], power) for one in exact]
        if total is not None:
            told.append(total.fits(rows, power))
        fits = np.logical_and.reduce([parts.least(one) for one in told])
        scales[np.flatnonzero(likely)[fits]] = decimals
        open_[likely] = ~fits
    return scales


def _whole(values: NDArray[np.float64], power: float) -> NDArray[np.bool_]:
    """Which of them are whole numbers of so small a unit, to the bit: -0.0 is another value than 0.0."""
    back = np.rint(values * power) / power
    back += 0.0  # of what is rounded to -0.0
    same: NDArray[np.bool_] = back.view(np.int64) == np.ascontiguousarray(values).view(np.int64)
    return same


def _numbers(values: NDArray[np.float64], scales: NDArray[np.int8], cuts: Cuts) -> Ints:
    """As whole numbers, or the bits of blocks that have more decimals."""
    raw = scales < 0
    if not raw.any():
        whole: Ints = np.rint(values * cuts.of_rows(POWERS[scales])).astype(np.int64)
        return whole
    numbers = np.ascontiguousarray(values, np.float64).view(np.int64).copy()
    rows, parts = cuts.part(~raw)
    if len(rows):
        numbers[rows] = np.rint(values[rows] * parts.of_rows(POWERS[scales[~raw]])).astype(np.int64)
    return numbers
