"""What a scene looks like when nothing moves: an exponential average, and how much each cell trembles around it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.cameras.frame import Mask, Small

WARM_UP: Final = 5
"""So many pictures, before anything is said of movement."""
_LEAST: Final = 14.0
"""Grey levels that are never movement: noise of sensor and JPEG."""
_TREMBLING: Final = 4.0
"""Times its usual deviation must a cell differ: ripples on water are no movement."""
_FIRST_DEVIATION: Final = 4.0
_SLOW: Final = 0.1
"""A cell in which something moves learns so much slower: who stands still is not forgotten at once."""


class Background:
    """Of pictures of one size.

    :param learn: over so many pictures the average goes.
    """

    def __init__(self, learn: int) -> None:
        self._learn = learn
        self._seen = 0
        self._first: list[NDArray[np.uint8]] = []
        self._mean: Small = np.zeros((0, 0, 3), np.float32)
        self._deviation: NDArray[np.float32] = np.zeros((0, 0), np.float32)

    @property
    def learned(self) -> bool:
        """Whether it knows enough to tell movement."""
        return self._seen >= WARM_UP

    @property
    def grey(self) -> NDArray[np.float32]:
        """Its brightness."""
        return grey_of(self._mean)

    def distance(self, small: Small, hidden: Mask) -> NDArray[np.float32]:
        """How far each cell is from the average, the largest of the three colours; a change of light apart."""
        visible = ~hidden[::4, ::4]
        light = np.ones(3, np.float32)
        if visible.any():
            light = np.median((small[::4, ::4][visible] + 1) / (self._mean[::4, ::4][visible] + 1), axis=0)
        away = np.abs(small - light.astype(np.float32) * self._mean)
        distance: NDArray[np.float32] = np.maximum(np.maximum(away[..., 0], away[..., 1]), away[..., 2])
        distance[hidden] = 0
        return distance

    def moving(self, distance: NDArray[np.float32]) -> Mask:
        """Where it is further than it usually is."""
        moving: Mask = distance > np.maximum(_LEAST, _TREMBLING * self._deviation)
        return moving

    def begin(self, small: Small) -> None:
        """Learn one of the first pictures; of them the median counts: who walks through is in none of it."""
        self._seen += 1
        self._first.append(small.astype(np.uint8))
        if self.learned:
            first = np.stack(self._first)
            self._first = []
            self._mean = np.median(first, axis=0).astype(np.float32)
            away = np.abs(first - self._mean).max(axis=3)
            self._deviation = np.maximum(_FIRST_DEVIATION, np.median(away, axis=0)).astype(np.float32)

    def take(self, small: Small, distance: NDArray[np.float32], moving: Mask) -> None:
        """Learn a further picture."""
        self._seen += 1
        share = 1 / min(self._seen, self._learn)
        rate = np.where(moving, np.float32(_SLOW * share), np.float32(share))
        self._mean += rate[:, :, None] * (small - self._mean)
        self._deviation += rate * (distance - self._deviation)


def grey_of(colours: Small) -> NDArray[np.float32]:
    """Brightness of RGB (ITU-R BT.601)."""
    red, green, blue = colours[..., 0], colours[..., 1], colours[..., 2]
    grey: NDArray[np.float32] = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    return grey
