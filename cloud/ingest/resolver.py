"""A batch's table of points to the registry's datastream numbers, remembered by the table's bytes."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cloud.registry.directory import Directory, Refusal
from protocols.uplink.columns import Body
from protocols.vocabulary import Point

REFUSED: Final = -1
_REMEMBERED: Final = 10_000
_MOST_ROWS: Final = 4_000_000
"""Of the columns that are remembered: 16 MB."""


class Resolved(NamedTuple):
    """Aligned with the table."""

    datastreams: NDArray[np.int32]
    """REFUSED where a point has no place."""
    refusals: dict[int, Refusal]
    """Index in the table -> why."""
    distinct: bool
    """No two points mean the same datastream."""
    generation: int
    """Of the directory: within one, two gateways mean no datastream in common."""


class Resolver:
    """Remembers whole tables, because a gateway sends the same one again and again."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._generation = -1
        self._tables: dict[tuple[str, bytes], Resolved] = {}
        self._columns: dict[tuple[str, bytes, int], NDArray[np.int32]] = {}
        self._rows = 0
        """Of the columns together."""

    def resolve(self, gateway: str, body: Body) -> Resolved:
        """What the points of a gateway's body mean now."""
        table = body.table
        known = self._tables.get((gateway, table))
        if known is not None and known.refusals and self._directory.shared:
            self._directory.refresh()
        generation = self._directory.generation
        if generation != self._generation or len(self._tables) >= _REMEMBERED:
            self._tables.clear()
            self._forget_columns()
            self._generation = generation
        known = self._tables.get((gateway, table))
        if known is None:
            known = self._tables[gateway, table] = self._resolve(gateway, body.points)
        return known

    def column(self, gateway: str, body: Body, resolved: Resolved) -> NDArray[np.int32]:
        """The datastream of every reading; where all points have as many, a gateway sends as many again and again."""
        each = body.layout.each
        if not each:
            return np.repeat(resolved.datastreams, body.counts)
        key = gateway, body.table, each
        column = self._columns.get(key)
        if column is None:
            column = np.repeat(resolved.datastreams, each)
            column.setflags(write=False)
            if self._rows + len(column) > _MOST_ROWS:
                self._forget_columns()
            self._columns[key] = column
            self._rows += len(column)
        return column

    def _forget_columns(self) -> None:
        self._columns.clear()
        self._rows = 0

    def _resolve(self, gateway: str, points: tuple[Point, ...]) -> Resolved:
        answers = [self._directory.resolve(gateway, point) for point in points]
        refusals = {i: answer for i, answer in enumerate(answers) if isinstance(answer, Refusal)}
        numbers = np.array([REFUSED if isinstance(a, Refusal) else a for a in answers], np.int32)
        places = numbers[numbers != REFUSED]
        return Resolved(numbers, refusals, len(np.unique(places)) == len(places), self._generation)
