"""The table of points in front of a body's columns (docs/uplink.md §3.1)."""

from typing import Final

from protocols.vocabulary.errors import IdentityError, ProtocolError
from protocols.vocabulary.identity import NeuronId, Point

MAX_REMEMBERED: Final = 8 << 20
"""Bytes of tables; their points take about ten times as much."""


class _Remembered:
    """Gateways send the same table again and again."""

    points: Final[dict[bytes, tuple[Point, ...]]] = {}
    size = 0


def decode_table(table: bytes) -> tuple[Point, ...]:
    """The points of a table, in order.

    :raises ProtocolError: lengths, indexes or identifiers are wrong, or a point stands there twice.
    """
    known = _Remembered.points.get(table)
    if known is not None:
        return known
    try:
        points = _decode(table)
    except (IndexError, IdentityError, UnicodeDecodeError) as error:
        raise ProtocolError(f"table of points: {error}", table) from error
    if _Remembered.size + len(table) > MAX_REMEMBERED:
        _Remembered.points.clear()
        _Remembered.size = 0
    _Remembered.points[table] = points
    _Remembered.size += len(table)
    return points


def _decode(table: bytes) -> tuple[Point, ...]:
    offset = 2
    sources: list[str] = []
    for _ in range(_u16(table, 0)):
        if table[offset] == 0:
            sources.append(str(NeuronId.from_int(int.from_bytes(_slice(table, offset + 1, 5), "big"))))
            offset += 6
        elif table[offset] == 1:
            length = table[offset + 1]
            sources.append(_slice(table, offset + 2, length).decode("ascii"))
            offset += 2 + length
        else:
            raise IdentityError(f"source of kind {table[offset]}")
    series: list[str] = []
    number = _u16(table, offset)
    offset += 2
    for _ in range(number):
        length = table[offset]
        series.append(_slice(table, offset + 1, length).decode("ascii"))
        offset += 1 + length
    number = _u16(table, offset)
    pairs = _slice(table, offset + 2, len(table) - offset - 2)
    if len(pairs) != 4 * number:
        raise IdentityError(f"{len(pairs)} bytes for {number} points")
    n = number
    points = tuple(
        Point.parse(f"{sources[pairs[i] | pairs[n + i] << 8]}/{series[pairs[2 * n + i] | pairs[3 * n + i] << 8]}")
        for i in range(n)
    )
    if len(set(points)) != n:
        raise IdentityError("a point stands there twice")
    return points


def _u16(table: bytes, offset: int) -> int:
    return table[offset] | table[offset + 1] << 8


def _slice(table: bytes, offset: int, length: int) -> bytes:
    piece = table[offset : offset + length]
    if len(piece) != length:
        raise IndexError(f"ends at {len(table)}, wanted {length} bytes at {offset}")
    return piece
