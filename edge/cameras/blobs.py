"""Connected parts of a mask (8 neighbours), and which of them lie together."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.cameras.frame import Mask

MAX_BLOBS: Final = 256
"""Of more, only the largest are told apart."""
MIN_CELLS: Final = 3


class Box(NamedTuple):
    """A rectangle of cells; bottom and right are outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def grown(self, by: int, above: int | None = None) -> "Box":
        """So many cells more on each side; it may leave the picture.

        :param above: as many on the upper side; None: as on the others.
        """
        return Box(self.top - (by if above is None else above), self.left - by, self.bottom + by, self.right + by)

    def meets(self, other: "Box") -> bool:
        """Whether they have a cell in common."""
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )

    def around(self, other: "Box") -> "Box":
        """The smallest box that holds both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )


def tidied(mask: Mask) -> Mask:
    """Without cells that stand nearly alone, and with gaps of one cell closed."""
    return _near(_near(_near(mask, 4), 1), 9)


def _near(mask: Mask, least: int) -> Mask:
    """Where at least so many of the 9 cells around are set; beyond the edge the edge goes on."""
    padded = np.pad(mask.view(np.uint8), 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    enough: Mask = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:] >= least
    return enough


def find_blobs(mask: Mask) -> list[Box]:
    """The boxes around the connected parts of at least MIN_CELLS cells, largest part first."""
    rows, begins, ends = _runs(mask)
    if not rows.size:
        return []
    roots = _joined(rows, begins, ends, mask.shape[1])
    order = np.argsort(roots, kind="stable")
    starts = np.flatnonzero(np.diff(roots[order], prepend=-1))
    sizes = np.add.reduceat((ends - begins)[order], starts)
    tops = np.minimum.reduceat(rows[order], starts)
    bottoms = np.maximum.reduceat(rows[order], starts) + 1
    lefts = np.minimum.reduceat(begins[order], starts)
    rights = np.maximum.reduceat(ends[order], starts)
    largest = [int(i) for i in np.argsort(-sizes, kind="stable")[:MAX_BLOBS] if sizes[i] >= MIN_CELLS]
    return [Box(int(tops[i]), int(lefts[i]), int(bottoms[i]), int(rights[i])) for i in largest]


def _runs(mask: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Runs of set cells: row, first column, column behind the last; by row, then column."""
    edges = np.diff(np.pad(mask.view(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, begins = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return rows, begins, ends


def _joined(
    rows: NDArray[np.int64], begins: NDArray[np.int64], ends: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """For each run the number of one run of its part, the same for all of the part."""
    stride = width + 2
    place = rows * stride
    first = np.searchsorted(place + ends, place - stride + begins, side="left")
    last = np.searchsorted(place + begins, place - stride + ends, side="right")
    counts = np.maximum(0, last - first)  # runs of the row above that touch this one, corners included
    lower = np.repeat(np.arange(rows.size), counts)
    upper = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    roots = np.arange(rows.size)
    while True:
        a, b = roots[lower], roots[upper]
        if (a == b).all():
            return roots
        least = np.minimum(a, b)
        np.minimum.at(roots, a, least)
        np.minimum.at(roots, b, least)
        while (roots[roots] != roots).any():
            roots = roots[roots]


def together(boxes: list[Box], gap: int) -> list[Box]:
    """Boxes that lie within ``gap`` cells of each other, directly or by way of others, as one."""
    groups: list[Box] = []
    for box in boxes:
        merged = box
        while near := [group for group in groups if group.meets(merged.grown(gap))]:
            groups = [group for group in groups if group not in near]
            for group in near:
                merged = merged.around(group)
        groups.append(merged)
    return groups
