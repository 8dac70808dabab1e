"""One commit's readings as bytes, as DuckDB keeps them until they are sorted (docs/store.md, "What is not sorted")."""

import struct
from typing import Final

import numpy as np
import zstandard

from cloud.store.blocks import StoreDamagedError, expand
from cloud.store.tables import Readings

_LENGTH: Final = struct.Struct("<I")
_LEVEL: Final = -7
"""The fastest that still takes equal numbers together; values are as they are, they would take ten times as long."""
_TYPES: Final = {"datastream": "<i4", "time": "<i8", "stored": "<i8", "reasons": "<u4", "quality": "u1"}


class HotLog:
    """Packs for one thread at a time."""

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)

    def packed(self, rows: Readings) -> bytes:
        """The length of a zstd frame, the frame with all columns but the values, the values as they are.

        :raises ValueError: the columns are not of one length.
        """
        if {len(column) for column in rows} != {len(rows.time)}:
            raise ValueError(f"columns of {', '.join(str(len(column)) for column in rows)} readings")
        columns = (getattr(rows, name).astype(kind, copy=False).tobytes() for name, kind in _TYPES.items())
        frame = self._compressor.compress(b"".join(columns))
        return b"".join((_LENGTH.pack(len(frame)), frame, rows.value.astype("<f8", copy=False).tobytes()))


def unpacked(data: bytes, count: int) -> Readings:
    """The readings again.

    :raises StoreDamagedError: these are not so many.
    """
    try:
        (length,) = _LENGTH.unpack_from(data)
        at = _LENGTH.size + length
        columns = expand(memoryview(data)[_LENGTH.size : at])
        found, begin = {"value": np.frombuffer(data, "<f8", count, at)}, 0
        for name, kind in _TYPES.items():
            found[name] = np.frombuffer(columns, kind, count, begin)
            begin += found[name].nbytes
    except (struct.error, zstandard.ZstdError, ValueError) as error:
        raise StoreDamagedError(f"a commit of {count} readings that are not sorted: {error}") from error
    if begin != len(columns) or at + 8 * count != len(data):
        raise StoreDamagedError(f"a commit of {count} readings that are not sorted: {len(data)} bytes are not theirs")
    return Readings(**found)
