"""A batch's table of points to the registry's datastream numbers, remembered by the table's bytes."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.registry.directory import Directory, Refusal
from protocols.vocabulary import Point

REFUSED: Final = -1
_REMEMBERED: Final = 10_000
_LENGTHS: Final = 4
"""Of columns are kept for each table."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """Aligned with the table."""

    datastreams: NDArray[np.int32]
    """REFUSED where a point has no place."""
    refusals: dict[int, Refusal]
    """Index in the table -> why."""
    distinct: bool
    """No two points mean the same datastream."""
    _repeated: dict[int, NDArray[np.int32]] = field(default_factory=dict)

    def rows(self, counts: NDArray[np.intp], each: int) -> NDArray[np.int32]:
        """The datastream of every reading.

        :param each: how many a point has, when all have the same number: a gateway sends as many again and again.
        """
        if not each:
            return np.repeat(self.datastreams, counts)
        rows = self._repeated.get(each)
        if rows is None:
            if len(self._repeated) >= _LENGTHS:
                self._repeated.clear()
            rows = self._repeated[each] = np.repeat(self.datastreams, each)
            rows.setflags(write=False)
        return rows


class Resolver:
    """Remembers whole tables, because a gateway sends the same one again and again."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._generation = -1
        self._tables: dict[tuple[str, bytes], Resolved] = {}

    def resolve(self, gateway: str, table: bytes, points: tuple[Point, ...]) -> Resolved:
        """What the points of a gateway's table mean now."""
        known = self._tables.get((gateway, table))
        if known is not None and known.refusals and self._directory.shared:
            self._directory.refresh()
        generation = self._directory.generation
        if generation != self._generation or len(self._tables) >= _REMEMBERED:
            self._tables.clear()
            self._generation = generation
        known = self._tables.get((gateway, table))
        if known is None:
            known = self._tables[gateway, table] = self._resolve(gateway, points)
        return known

    def _resolve(self, gateway: str, points: tuple[Point, ...]) -> Resolved:
        answers = [self._directory.resolve(gateway, point) for point in points]
        refusals = {i: answer for i, answer in enumerate(answers) if isinstance(answer, Refusal)}
        numbers = np.array([REFUSED if isinstance(a, Refusal) else a for a in answers], np.int32)
        places = numbers[numbers != REFUSED]
        return Resolved(numbers, refusals, len(np.unique(places)) == len(places))
