"""How far a picture has moved against another: phase correlation (Kuglin and Hines, 1975)."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.cameras.frame import Mask

_LEAST_PEAK: Final = 8.0
"""The peak in standard deviations of the whole surface; below, the pictures have too little in common."""
_BEATS_ZERO: Final = 1.3
"""So much higher than around no shift must it be: zones, dirt and raindrops stay where they are."""
_FINEST: Final = 0.2
"""Cycles a cell: finer structure is ripples and noise."""

Grey = NDArray[np.float32]


class Shift(NamedTuple):
    """Of what is seen, in cells; positive is to the right and down."""

    across: int
    down: int


class ShiftFinder:
    """For pictures of one size with the same zones."""

    def __init__(self, hidden: Mask) -> None:
        height, width = hidden.shape
        window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
        self._window = window * _softened(~hidden)
        y, x = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
        distance = np.hypot(x, y)
        self._smooth = np.exp(-((distance / _FINEST) ** 2)).astype(np.float32)

    def find(self, picture: Grey, reference: Grey) -> Shift | None:
        """How far ``picture`` has moved; None: they have too little in common to say."""
        cross = self._spectrum(picture) * np.conj(self._spectrum(reference))
        cross *= self._smooth / (np.abs(cross) + 1e-3)
        surface = np.fft.irfft2(cross, s=self._window.shape)
        spread = float(surface.std())
        height, width = surface.shape
        down, across = divmod(int(surface.argmax()), width)
        peak = float(surface[down, across])
        if spread <= 0 or peak / spread < _LEAST_PEAK:
            return None
        down, across = (down + height // 2) % height - height // 2, (across + width // 2) % width - width // 2
        near_zero = float(np.roll(surface, (1, 1), (0, 1))[:3, :3].max())
        if max(abs(down), abs(across)) > 1 and peak < _BEATS_ZERO * near_zero:
            return Shift(0, 0)
        return Shift(across, down)

    def _spectrum(self, picture: Grey) -> NDArray[np.complex128]:
        weight = float(self._window.sum()) or 1.0
        mean = float((picture * self._window).sum()) / weight
        return np.fft.rfft2((picture - mean) * self._window)


def _softened(visible: Mask) -> Grey:
    """1 far from zones, 0 in them, a slope between: a hard edge would be the strongest structure of all."""
    weight = visible.astype(np.float32)
    for axis in (0, 1):
        for _ in range(2):
            weight = _box(weight, 8, axis)
    return np.clip(weight * 2 - 1, 0, 1) * visible


def _box(values: Grey, radius: int, axis: int) -> Grey:
    pad = [(0, 0), (0, 0)]
    pad[axis] = (radius + 1, radius)
    sums = np.cumsum(np.pad(values, pad, mode="edge"), axis=axis, dtype=np.float64)
    length = values.shape[axis]
    upper, lower = sums.take(range(2 * radius + 1, 2 * radius + 1 + length), axis), sums.take(range(length), axis)
    return ((upper - lower) / (2 * radius + 1)).astype(np.float32)
