"""Columns for the store's tests, and what a plain dictionary makes of them."""

from collections.abc import Sequence
from math import isnan, nan

import numpy as np
from hypothesis import strategies as st

from cloud.store.port import Columns, EnvelopeKey

Row = tuple[int, int, float]

rows = st.tuples(st.integers(1, 3), st.integers(1, 12), st.sampled_from([1.5, 2.5, nan]))


def columns(found: Sequence[Row], quality: int = 1) -> Columns:
    return Columns(
        np.array([r[0] for r in found], np.int32),
        np.array([r[1] for r in found], np.int64),
        np.array([r[2] for r in found], np.float64),
        np.array([9 if isnan(r[2]) else quality for r in found], np.uint8),
        np.array([r[1] % 7 for r in found], np.uint32),
    )


def plain(found: Columns) -> list[tuple[int, int, float | None]]:
    """Rows that can be compared: None for NaN."""
    assert not any(isinstance(c, np.ma.MaskedArray) for c in (found.datastream, found.time, found.value, found.quality))
    return [
        (int(d), int(t), None if isnan(v) else float(v))
        for d, t, v in zip(found.datastream, found.time, found.value, strict=True)
    ]


def key(sequence: int, digest: int = 7, gateway: str = "gw-1", epoch: int = 5) -> EnvelopeKey:
    return EnvelopeKey(gateway, 1, epoch, sequence, digest)
