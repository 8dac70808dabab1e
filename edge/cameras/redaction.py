"""What leaves: everything that moves and is as large as a person is averaged to a few coarse squares."""

from io import BytesIO
from typing import Final

from PIL import Image

from edge.cameras.blobs import MAX_BLOBS, Box, together
from edge.cameras.config import Camera
from edge.cameras.frame import Frame
from edge.cameras.scene import View

SQUARES_DOWN: Final = 6
"""So many squares has a region from top to bottom: a face, a seventh of a person, is one of them or less."""
LEAST_SQUARE: Final = 16
"""Pixels."""
WHOLE_SQUARES: Final = 24
"""So many squares has a picture from top to bottom when nobody knows what moves in it."""
_GAP: Final = 0.5
"""Of the least height of a person: parts that are no further from each other may be one person."""
_MARGIN: Final = 0.35
"""Of a region's height, on each side: hands may look like what is behind them."""
_ABOVE: Final = 1.0
"""The same upwards: what moves may be legs alone."""


def redacted(frame: Frame, view: View, camera: Camera, *, coarse: bool) -> bytes:
    """The picture as a JPEG file, without anything but its pixels in it.

    :param camera: says from which height on what moves is made unrecognisable.
    :param coarse: all of it is.
    """
    image = Image.fromarray(frame.pixels)
    if coarse or not view.clear or len(view.moving) >= MAX_BLOBS:
        _coarsen(image, Box(0, 0, image.height, image.width), WHOLE_SQUARES)
    else:
        scale = image.width / frame.small.shape[1]
        for region in regions(view.moving, frame.small.shape[0], camera.sizes.person_min):
            top, left, bottom, right = (round(side * scale) for side in region)
            inside = Box(max(0, top), max(0, left), min(image.height, bottom), min(image.width, right))
            _coarsen(image, inside, SQUARES_DOWN)
    image.paste(0, mask=Image.fromarray(frame.black))
    file = BytesIO()
    image.save(file, "JPEG", quality=camera.quality)
    return file.getvalue()


def regions(moving: tuple[Box, ...], height: int, person_min: float) -> list[Box]:
    """What must not be recognised, in cells: moving parts that together are as high as a person, with a margin."""
    least = person_min * height
    found: list[Box] = []
    for group in together(list(moving), max(1, round(_GAP * least))):
        if max(group.height, group.width / 2) >= least:
            size = max(group.height, least)
            region = group.grown(max(2, round(_MARGIN * size)), round(_ABOVE * size))
            for part in moving:
                if part.meets(region):
                    region = region.around(part.grown(max(2, part.height // 2)))
            found.append(region)
    return together(found, 0)


def _coarsen(image: Image.Image, box: Box, squares: int) -> None:
    if box.height <= 0 or box.width <= 0:
        return
    area = (box.left, box.top, box.right, box.bottom)
    side = max(LEAST_SQUARE, -(-box.height // squares))
    coarse = image.crop(area).reduce(side).resize((box.width, box.height), Image.Resampling.NEAREST)
    image.paste(coarse, area)
