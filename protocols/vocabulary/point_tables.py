"""What was worked out once for a table of points, found again by the table: by identity first, by content second."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from protocols.vocabulary.identity import Point

Worked = TypeVar("Worked")

MAX_CELLS: Final = 400_000
"""Points of all tables together, a point of two tables counting twice; beyond it the table met first is forgotten."""


class PointTables(Generic[Worked]):
    """A link that polls hands over the same tuple each time; one that hears stations makes equal tuples anew.

    :param work_out: gives what belongs to a table.
    :param let_go: told of what is forgotten, which may be met again later.
    """

    def __init__(
        self,
        work_out: Callable[[tuple[Point, ...]], Worked],
        let_go: Callable[[Worked], None] | None = None,
        max_cells: int = MAX_CELLS,
    ) -> None:
        self._work_out = work_out
        self._let_go = let_go
        self._max_cells = max_cells
        self._cells = 0
        self._by_identity: dict[int, tuple[tuple[Point, ...], Worked]] = {}
        self._by_content: dict[tuple[Point, ...], tuple[tuple[Point, ...], Worked]] = {}

    def __getitem__(self, points: tuple[Point, ...]) -> Worked:
        known = self._by_identity.get(id(points))
        if known is not None and known[0] is points:
            return known[1]
        return self._by_value(points)

    def _by_value(self, points: tuple[Point, ...]) -> Worked:
        known = self._by_content.get(points)
        if known is not None:  # the newest tuple is the one that may come again; holding it keeps its id() its own
            del self._by_identity[id(known[0])]
            worked = known[1]
        else:
            worked = self._work_out(points)
            self._cells += len(points)
            while self._cells > self._max_cells and self._by_content:
                self._forget_first()
        self._by_identity[id(points)] = self._by_content[points] = (points, worked)
        return worked

    def _forget_first(self) -> None:
        content = next(iter(self._by_content))
        points, worked = self._by_content.pop(content)
        del self._by_identity[id(points)]
        self._cells -= len(points)
        if self._let_go is not None:
            self._let_go(worked)

    def __len__(self) -> int:
        return len(self._by_content)
