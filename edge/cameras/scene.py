"""What a camera sees, picture by picture: brightness, structure, movement, shift, and what moves."""

from typing import Final, NamedTuple

from edge.cameras.background import Background, grey_of
from edge.cameras.blobs import Box, find_blobs, tidied
from edge.cameras.frame import Frame
from edge.cameras.shift import Shift, ShiftFinder
from edge.cameras.structure import Structure, laplacian, sharpness

UPROAR: Final = 50.0
"""Percent in movement: no longer things that move before a background."""
_RELEARN: Final = 8
"""So many pictures in uproar or out of place, and it is another scene: infra-red light, a camera turned away."""


class View(NamedTuple):
    """What one picture shows; None: it cannot be said."""

    brightness: float
    """Percent."""
    sharpness: float
    """Variance of the Laplacian."""
    occlusion: float | None
    """Percent of the tiles that used to have structure."""
    motion: float | None
    """Percent of what is visible."""
    shift: Shift | None
    moving: tuple[Box, ...]
    """What moves, in cells."""
    clear: bool
    """Whether the moving things are known: if not, people may be anywhere in the picture."""


class Scene:
    """One camera's; pictures come in the order in which they were taken.

    :param learn: over so many pictures the background is averaged.
    :param dark_percent: a darker picture teaches nothing.
    """

    def __init__(self, learn: int, dark_percent: float) -> None:
        self._learn = learn
        self._dark_percent = dark_percent
        self._shape: tuple[int, ...] = ()
        self._uproar = 0
        self.begun = 0
        """How often it was begun to be learned."""
        self.relearned = 0
        """How often it was given up and learned anew."""

    def forget(self) -> None:
        """Begin anew with the next picture."""
        self._shape = ()
        self.relearned += 1

    def _begin(self, frame: Frame) -> None:
        self._shape = frame.pixels.shape
        self._uproar = 0
        self.begun += 1
        self._background = Background(self._learn)
        self._structure = Structure(self._learn)
        self._shift = ShiftFinder(frame.hidden)

    def look(self, frame: Frame) -> View:
        """Look at a picture, and learn from it."""
        if frame.pixels.shape != self._shape:
            self._begin(frame)
        grey = grey_of(frame.small)
        visible = ~frame.hidden
        brightness = float(grey[visible].mean() / 2.55) if visible.any() else 0.0
        inner, whole = laplacian(grey, frame.hidden)
        sharp = sharpness(inner, whole)
        if brightness < self._dark_percent or not visible.any():
            return View(brightness, sharp, None, None, None, (), clear=False)
        occlusion = self._structure.lost(inner, whole)
        if not self._background.learned:
            self._background.begin(frame.small)
            return View(brightness, sharp, occlusion, None, None, (), clear=False)
        distance = self._background.distance(frame.small, frame.hidden)
        moving = tidied(self._background.moving(distance))
        moving[frame.hidden] = False
        motion = float(100 * moving.sum() / visible.sum())
        shift = self._shift.find(grey, self._background.grey)
        calm = motion <= UPROAR and (shift is None or max(abs(shift.across), abs(shift.down)) <= 1)
        self._uproar = 0 if calm else self._uproar + 1
        if calm:
            self._background.take(frame.small, distance, moving)
        elif self._uproar >= _RELEARN:
            self.forget()
        boxes = tuple(find_blobs(moving)) if motion <= UPROAR else ()
        return View(brightness, sharp, occlusion, motion, shift, boxes, clear=calm)
