"""One snapshot as pixels: decoded within bounds, zones black from the first moment on (ISO/IEC 10918-1)."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from protocols.vocabulary import ProtocolError

MAX_PIXELS: Final = 20_000_000
MIN_SIDE: Final = 64
MAX_RATIO: Final = 5
"""Of the longer side to the shorter: no panorama is longer, and what is looked at stays small."""
FULL: Final = (1280, 720)
"""Larger pictures are decoded at a half, a quarter or an eighth, as long as they stay at least as large as this."""
SMALL_WIDTH: Final = 320
"""About so many columns has the picture that is looked at."""
BLOCK: Final = 16
"""Side of a JPEG coding unit: what lies in one has left its trace in all of it."""

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Small = NDArray[np.float32]
Polygons = tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What may be looked at, kept and sent: nothing of a zone is in it."""

    pixels: Pixels
    """(height, width, 3), RGB."""
    black: Mask
    """(height, width): what is black for a zone."""
    small: Small
    """The same, averaged to about SMALL_WIDTH columns."""
    hidden: Mask
    """(height, width) of ``small``: cells of which a part lies in a zone."""


class Zones:
    """The polygons of one camera, as masks of whichever size its pictures have."""

    def __init__(self, polygons: Polygons) -> None:
        self._polygons = polygons
        self._size = (0, 0)
        self._mask: Mask = np.zeros((0, 0), bool)
        self._cells: Mask = np.zeros((0, 0), bool)

    def mask(self, width: int, height: int) -> Mask:
        """True in every coding unit that a polygon touches, and in those beside it.

        A JPEG decoder mixes neighbouring units where it interpolates colours: one further unit, and two snapshots
        that differ in a zone alone become the same picture.
        """
        self._fit(width, height)
        return self._mask

    def cells(self, width: int, height: int) -> Mask:
        """The same of the picture that is looked at: cells of which a part is black."""
        self._fit(width, height)
        return self._cells

    def _fit(self, width: int, height: int) -> None:
        if self._size != (width, height):
            self._size, self._mask = (width, height), self._drawn(width, height)
            self._cells = _cells(self._mask, _factor(width))

    def _drawn(self, width: int, height: int) -> Mask:
        across, down = -(-width // BLOCK), -(-height // BLOCK)
        canvas = Image.new("L", (across * BLOCK, down * BLOCK))
        pen = ImageDraw.Draw(canvas)
        for polygon in self._polygons:
            pen.polygon([(x * width, y * height) for x, y in polygon], fill=1, outline=1)
        grown = np.pad(_any_of(np.asarray(canvas, np.bool_), BLOCK), 1)
        wide = grown[:, :-2] | grown[:, 1:-1] | grown[:, 2:]
        near = wide[:-2] | wide[1:-1] | wide[2:]
        return near.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)[:height, :width]


def develop(jpeg: bytes, zones: Zones) -> Frame:
    """Decode a snapshot and black its zones out.

    :raises ProtocolError: it is no whole JPEG picture, or one of a size that no camera has.
    """
    try:
        with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
            width, height = image.size
            if not _is_expected(width, height):
                raise ProtocolError(f"picture of {width} x {height}: no camera's")
            image.draft("RGB", FULL if width >= height else FULL[::-1])
            pixels = np.array(image.convert("RGB"))
    except (
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:  # what Pillow says of garbage; UnidentifiedImageError is an OSError
        raise ProtocolError(f"no JPEG picture: {error!s:.80}", jpeg[:16]) from None
    height, width = pixels.shape[:2]
    mask = zones.mask(width, height)
    pixels[mask] = 0
    small = np.asarray(Image.fromarray(pixels).reduce(_factor(width)), np.float32)
    return Frame(pixels, mask, small, zones.cells(width, height))


def _is_expected(width: int, height: int) -> bool:
    """Whether a camera has pictures of that size: a decoder allocates what the first bytes announce."""
    short, long = sorted((width, height))
    return short >= MIN_SIDE and long <= MAX_RATIO * short and width * height <= MAX_PIXELS


def _factor(width: int) -> int:
    return max(1, round(width / SMALL_WIDTH))


def _cells(mask: Mask, factor: int) -> Mask:
    down, across = (-(-size // factor) for size in mask.shape)
    whole = np.pad(mask, ((0, down * factor - mask.shape[0]), (0, across * factor - mask.shape[1])), mode="edge")
    return _any_of(whole, factor)


def _any_of(mask: Mask, side: int) -> Mask:
    """Whether any cell of each square is set."""
    down, across = (size // side for size in mask.shape)
    return np.asarray(mask.reshape(down, side, across, side).any(axis=(1, 3)), np.bool_)
