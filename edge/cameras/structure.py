"""Fine structure by the variance of the Laplacian (Pech-Pacheco et al., 2000), and where it has been lost."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.cameras.background import WARM_UP
from edge.cameras.frame import Mask

TILES: Final = (9, 16)
"""Rows and columns of tiles."""
_TEXTURE: Final = 60.0
"""Variance from which on a tile has structure that can be lost: noise of sensor and JPEG stays below."""
_LOST: Final = 0.2
"""Of what it usually has."""
_LEAST_TILES: Final = 6
_SLOW: Final = 0.02
"""A tile that lost its structure forgets it so much slower."""


def laplacian(grey: NDArray[np.float32], hidden: Mask) -> tuple[NDArray[np.float32], Mask]:
    """The Laplacian without the outermost cells, and where it is one of visible cells alone."""
    inner = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    seen = ~hidden
    whole: Mask = seen[:-2, 1:-1] & seen[2:, 1:-1] & seen[1:-1, :-2] & seen[1:-1, 2:] & seen[1:-1, 1:-1]
    return inner, whole


def sharpness(inner: NDArray[np.float32], whole: Mask) -> float:
    """Variance of the Laplacian, grey levels squared; 0 when nothing is visible."""
    return float(inner[whole].var()) if whole.any() else 0.0


class Structure:
    """How much of it each tile usually has.

    :param learn: over so many pictures the average goes.
    """

    def __init__(self, learn: int) -> None:
        self._learn = learn
        self._seen = 0
        self._usual: NDArray[np.float64] = np.zeros(TILES)

    def lost(self, inner: NDArray[np.float32], whole: Mask) -> float | None:
        """Percent of the tiles with structure that have none any more; None: not known, or there is too little.

        The picture is learned.
        """
        now = _tiled(inner, whole)
        self._seen += 1
        gone = now < _LOST * self._usual
        share = 1 / min(self._seen, self._learn)
        rate = np.where(gone & (self._seen > WARM_UP), share * _SLOW, share)
        textured = self._usual >= _TEXTURE
        self._usual += rate * (now - self._usual)
        if self._seen <= WARM_UP or textured.sum() < _LEAST_TILES:
            return None
        return float(100 * (gone & textured).sum() / textured.sum())


def _tiled(inner: NDArray[np.float32], whole: Mask) -> NDArray[np.float64]:
    """Variance of each tile; 0 where less than half of it is visible."""
    down, across = (size // tiles for size, tiles in zip(inner.shape, TILES, strict=True))
    shape = (TILES[0], down, TILES[1], across)
    cut = np.s_[: TILES[0] * down, : TILES[1] * across]
    seen = whole[cut].reshape(shape)
    values = np.where(seen, inner[cut].reshape(shape), 0).astype(np.float64)
    count = seen.sum(axis=(1, 3))
    mean = values.sum(axis=(1, 3)) / np.maximum(count, 1)
    square = (values**2).sum(axis=(1, 3)) / np.maximum(count, 1)
    return np.where(count * 2 >= down * across, square - mean**2, 0.0)
