"""How a wetland is painted: landscape, waves, mud, rain, birds and people, as floats of 0 to 255 in numpy arrays."""

from math import pi, sin
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 1280
HEIGHT: Final = 720
ROOM: Final = 48
"""Pixels around the picture: a camera that is turned sees what stood outside."""
_HORIZON: Final = 0.34
_BANK: Final = 0.74
"""Where the water ends and the near bank with its path begins."""
_FLAT: Final = 0.24
"""So much of the picture's height falls dry at the lowest water."""

WATER: Final = np.array([104, 124, 128], np.float32)
_MUD: Final = np.array([116, 106, 88], np.float32)

Canvas = NDArray[np.float32]
Kind = Literal["bird", "person"]


class Actor(NamedTuple):
    """Something that crosses the picture again and again."""

    kind: Kind
    height: float
    """Share of the picture's height."""
    period_s: float
    start: float
    """Where in its way it is at time 0, of 0 to 1."""
    level: float
    """Where its feet, or a bird's middle, are: share of the height."""
    shade: float
    leftwards: bool

    def place(self, time_s: float) -> tuple[float, float]:
        """Middle of its feet, shares."""
        way = (time_s / self.period_s + self.start) % 1
        across = -0.1 + 1.2 * (1 - way if self.leftwards else way)
        bob = 0.01 * sin(2 * pi * way * 9) if self.kind == "bird" else 0.0
        return across, self.level + bob


def landscape(random: np.random.Generator) -> Canvas:
    """Everything that stands still."""
    height, width = HEIGHT + 2 * ROOM, WIDTH + 2 * ROOM
    canvas = np.empty((height, width, 3), np.float32)
    horizon, bank = (ROOM + round(HEIGHT * share) for share in (_HORIZON, _BANK))
    slope = np.linspace(0, 1, horizon, dtype=np.float32)[:, None, None]
    canvas[:horizon] = np.array([120, 160, 215]) * (1 - slope) + np.array([205, 215, 225]) * slope
    canvas[:horizon] += 14 * _cloudy(random, horizon, width)[:, :, None]
    canvas[horizon:bank] = WATER
    canvas[bank:] = [122, 112, 84]
    canvas[bank:] += 26 * random.standard_normal((height - bank, width, 1)).astype(np.float32)
    for x in range(0, width, 5):  # the far bank: trees and houses of different heights
        top = horizon - int(random.integers(4, 46))
        canvas[top:horizon, x : x + 5] = random.uniform(40, 110, 3)
    for _ in range(1400):  # reeds, dense on the left and thin on the right
        x = int(min(random.exponential(0.22), 0.999) * width)
        foot, tall = int(random.integers(bank - 70, bank + 40)), int(random.integers(40, 130))
        canvas[foot - tall : foot, x : x + 3] = random.uniform(0.5, 1.2) * np.array([132, 138, 70])
    for _ in range(9):  # posts of a fish weir
        x, foot = int(random.uniform(0.4, 0.98) * width), int(random.integers(horizon + 60, bank - 20))
        canvas[foot - 70 : foot, x : x + 7] = random.uniform(30, 60, 3)
    return canvas


def _cloudy(random: np.random.Generator, height: int, width: int, grain: int = 24) -> Canvas:
    """Smooth noise of about 1.

    :param grain: pixels from one peak to the next, down; across twice as many.
    """
    coarse = random.standard_normal((height // grain + 2, width // (2 * grain) + 2)).astype(np.float32)
    rows, columns = np.linspace(0, coarse.shape[0] - 1.01, height), np.linspace(0, coarse.shape[1] - 1.01, width)
    top, left = rows.astype(int), columns.astype(int)
    down, across = (rows - top)[:, None].astype(np.float32), (columns - left)[None, :].astype(np.float32)
    upper = coarse[top][:, left] * (1 - across) + coarse[top][:, left + 1] * across
    lower = coarse[top + 1][:, left] * (1 - across) + coarse[top + 1][:, left + 1] * across
    smooth: Canvas = upper * (1 - down) + lower * down
    return smooth


def blotches(random: np.random.Generator) -> Canvas:
    """Where dirt gathers on the lens."""
    return _cloudy(random, HEIGHT, WIDTH, 120)


def waves(height: int, width: int, time_s: float) -> Canvas:
    """Ripples, slowly moving."""
    y = np.arange(height, dtype=np.float32)[:, None]
    x = np.arange(width, dtype=np.float32)[None, :]
    short, long = np.float32(1.3 * time_s % (2 * pi)), np.float32(0.7 * time_s % (2 * pi))
    height_of: Canvas = 7 * np.sin(y / 3 + x / 60 + short) + 4 * np.sin(y / 7 - x / 35 + long)
    return height_of


def lay_dry(canvas: Canvas, water: NDArray[np.bool_], grain: Canvas, flood: float) -> None:
    """Mud where the water has gone: from the near bank outwards.

    :param grain: of the mud, one number per pixel. :param flood: 0 lowest to 1 highest water.
    """
    bank = ROOM + round(HEIGHT * _BANK)
    edge = bank - round((1 - flood) * HEIGHT * _FLAT)
    dry = water[edge:bank]
    canvas[edge:bank][dry] = (_MUD + grain[edge:bank, :, None])[dry]


def overcast(canvas: Canvas, cloud: float) -> None:
    """A grey sky."""
    horizon = ROOM + round(HEIGHT * _HORIZON)
    sky = canvas[: horizon - 46]
    sky += (np.array([178, 182, 188], np.float32) - sky) * np.float32(0.85 * cloud)


def pour(view: Canvas, random: np.random.Generator, mm_h: float) -> None:
    """Streaks of rain, more the harder it falls."""
    for _ in range(min(900, round(45 * mm_h))):
        x, y, long = int(random.integers(WIDTH - 2)), int(random.integers(HEIGHT - 30)), int(random.integers(10, 30))
        view[y : y + long, x : x + 1] += 22


def half_width(actor: Actor) -> float:
    """Share of the picture's height."""
    return actor.height * (0.8 if actor.kind == "bird" else 0.18)


def _draw_bird(canvas: Canvas, actor: Actor, time_s: float) -> None:
    x, y = actor.place(time_s)
    _ellipse(canvas, x, y, (half_width(actor), actor.height / 2), actor.shade)


def _draw_person(canvas: Canvas, actor: Actor, time_s: float) -> None:
    x, foot = actor.place(time_s)
    tall = actor.height
    _ellipse(canvas, x, foot - 0.42 * tall, (half_width(actor), 0.43 * tall), actor.shade)
    head = foot - 0.92 * tall
    _ellipse(canvas, x, head, (0.075 * tall, 0.09 * tall), 205)
    for side in (-0.03, 0.03):  # two eyes and a mouth: what must not be recognised
        _ellipse(canvas, x + side * tall * HEIGHT / WIDTH, head - 0.02 * tall, (0.012 * tall, 0.014 * tall), 15)
    _ellipse(canvas, x, head + 0.045 * tall, (0.03 * tall, 0.01 * tall), 90)


def _ellipse(canvas: Canvas, x: float, y: float, half_axes: tuple[float, float], shade: float) -> None:
    """Around (x, y) in shares; half axes in shares of the height, across and down."""
    half_width, half_height = half_axes
    middle_x, middle_y = ROOM + x * WIDTH, ROOM + y * HEIGHT
    across, down = max(1.0, half_width * HEIGHT), max(1.0, half_height * HEIGHT)
    top, bottom = max(0, int(middle_y - down)), min(canvas.shape[0], int(middle_y + down) + 2)
    left, right = max(0, int(middle_x - across)), min(canvas.shape[1], int(middle_x + across) + 2)
    if top >= bottom or left >= right:
        return
    rows, columns = np.arange(top, bottom)[:, None], np.arange(left, right)[None, :]
    inside = ((columns - middle_x) / across) ** 2 + ((rows - middle_y) / down) ** 2 <= 1
    canvas[top:bottom, left:right][inside] = shade


DRAW: Final = {"bird": _draw_bird, "person": _draw_person}
