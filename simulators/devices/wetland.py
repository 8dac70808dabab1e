"""A wetland as a camera sees it, drawn with numpy: sky and water by the sun, reeds, posts, moving birds and people."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import pi, sin
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.environment import Moment, Site

WIDTH: Final = 1280
HEIGHT: Final = 720
_HORIZON: Final = 0.34
_BANK: Final = 0.74
"""Where the water ends and the near bank with its path begins."""
_ROOM: Final = 48
"""Pixels around the picture: a camera that is turned sees what stood outside."""

_WATER: Final = np.array([104, 124, 128], np.float32)

Picture = NDArray[np.uint8]
Canvas = NDArray[np.float32]
Kind = Literal["bird", "person"]


class Seen(NamedTuple):
    """Something that moves, and where: shares of the picture's width and height."""

    kind: Kind
    left: float
    top: float
    right: float
    bottom: float


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


@dataclass(slots=True, kw_only=True)
class Weather:
    """What can be set while the camera runs."""

    fog: float = 0.0
    """0 none, 1 nothing but grey."""
    dirt: float = 0.0
    """Share of the lens that is covered."""
    turned: tuple[int, int] = (0, 0)
    """Pixels by which everything is further right and down; at most 48 each."""
    daylight: float | None = None
    """0 night to 1 noon; None: by the sun."""


class Wetland:
    """One view; the same seed and time give the same picture.

    :param birds: so many. :param people: so many.
    """

    def __init__(self, seed: int, site: Site, *, birds: int = 3, people: int = 1) -> None:
        self.weather = Weather()
        self._seed = seed
        self._site = site
        random = np.random.default_rng([seed, 1])
        self._still = _landscape(random)
        self._water = (self._still == _WATER).all(axis=2)
        self._blotches = _blotches(random)
        self.actors = [*_flock(random, birds), *_walkers(random, people)]

    def daylight(self, time_ms: int) -> float:
        """0 night to 1 noon."""
        if self.weather.daylight is not None:
            return self.weather.daylight
        return float(np.clip((Moment(self._seed, self._site, time_ms).sun() + 6) / 26, 0, 1))

    def seen(self, time_ms: int) -> Iterator[Seen]:
        """What moves and is at least in part in the picture."""
        right, down = (part / whole for part, whole in zip(self.weather.turned, (WIDTH, HEIGHT), strict=True))
        for actor in self.actors:
            x, y = actor.place(time_ms / 1000)
            wide = _half_width(actor) * HEIGHT / WIDTH
            top = y - actor.height if actor.kind == "person" else y - actor.height / 2
            box = Seen(actor.kind, x - wide + right, top + down, x + wide + right, top + actor.height + down)
            if box.right > 0 and box.left < 1:
                yield box

    def draw(self, time_ms: int) -> Picture:
        """(720, 1280, 3), RGB."""
        weather = self.weather
        canvas = self._still.copy()
        canvas += (self._water * _waves(canvas.shape[0], canvas.shape[1], time_ms / 1000))[:, :, None]
        for actor in self.actors:
            _DRAW[actor.kind](canvas, actor, time_ms / 1000)
        right, down = weather.turned
        top, left = _ROOM - down, _ROOM - right
        view = canvas[top : top + HEIGHT, left : left + WIDTH]
        daylight = self.daylight(time_ms)
        view *= 0.02 + 0.98 * daylight
        if weather.fog:
            view = view * (1 - weather.fog) + 170 * daylight * weather.fog
        if weather.dirt:
            cover = np.clip((self._blotches - np.quantile(self._blotches, 1 - weather.dirt)) * 8, 0, 1)[:, :, None]
            view = view * (1 - cover) + np.array([46, 38, 26], np.float32) * cover
        random = np.random.default_rng([self._seed, time_ms])
        view += 2 * random.standard_normal((HEIGHT, WIDTH, 1), np.float32)
        return np.clip(view, 0, 255, out=view).astype(np.uint8)


def _landscape(random: np.random.Generator) -> Canvas:
    """Everything that stands still."""
    height, width = HEIGHT + 2 * _ROOM, WIDTH + 2 * _ROOM
    canvas = np.empty((height, width, 3), np.float32)
    horizon, bank = (_ROOM + round(HEIGHT * share) for share in (_HORIZON, _BANK))
    slope = np.linspace(0, 1, horizon, dtype=np.float32)[:, None, None]
    canvas[:horizon] = np.array([120, 160, 215]) * (1 - slope) + np.array([205, 215, 225]) * slope
    canvas[:horizon] += 14 * _cloudy(random, horizon, width)[:, :, None]
    canvas[horizon:bank] = _WATER
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


def _blotches(random: np.random.Generator) -> Canvas:
    return _cloudy(random, HEIGHT, WIDTH, 120)


def _flock(random: np.random.Generator, count: int) -> Iterator[Actor]:
    for _ in range(count):
        size, level = float(random.uniform(0.03, 0.055)), float(random.uniform(0.42, 0.62))
        period_s, start = float(random.uniform(40, 400)), float(random.random())
        yield Actor("bird", size, period_s, start, level, 235.0, bool(random.integers(2)))


def _walkers(random: np.random.Generator, count: int) -> Iterator[Actor]:
    for _ in range(count):
        size, level = float(random.uniform(0.2, 0.3)), float(random.uniform(0.84, 0.95))
        period_s, start = float(random.uniform(60, 600)), float(random.random())
        yield Actor("person", size, period_s, start, level, float(random.uniform(20, 60)), bool(random.integers(2)))


def _waves(height: int, width: int, time_s: float) -> Canvas:
    """Ripples, slowly moving."""
    y = np.arange(height, dtype=np.float32)[:, None]
    x = np.arange(width, dtype=np.float32)[None, :]
    short, long = np.float32(1.3 * time_s % (2 * pi)), np.float32(0.7 * time_s % (2 * pi))
    waves: Canvas = 7 * np.sin(y / 3 + x / 60 + short) + 4 * np.sin(y / 7 - x / 35 + long)
    return waves


def _half_width(actor: Actor) -> float:
    return actor.height * (0.8 if actor.kind == "bird" else 0.18)


def _draw_bird(canvas: Canvas, actor: Actor, time_s: float) -> None:
    x, y = actor.place(time_s)
    _ellipse(canvas, x, y, (_half_width(actor), actor.height / 2), actor.shade)


def _draw_person(canvas: Canvas, actor: Actor, time_s: float) -> None:
    x, foot = actor.place(time_s)
    tall = actor.height
    _ellipse(canvas, x, foot - 0.42 * tall, (_half_width(actor), 0.43 * tall), actor.shade)
    head = foot - 0.92 * tall
    _ellipse(canvas, x, head, (0.075 * tall, 0.09 * tall), 205)
    for side in (-0.03, 0.03):  # two eyes and a mouth: what must not be recognised
        _ellipse(canvas, x + side * tall * HEIGHT / WIDTH, head - 0.02 * tall, (0.012 * tall, 0.014 * tall), 15)
    _ellipse(canvas, x, head + 0.045 * tall, (0.03 * tall, 0.01 * tall), 90)


def _ellipse(canvas: Canvas, x: float, y: float, half_axes: tuple[float, float], shade: float) -> None:
    """Around (x, y) in shares; half axes in shares of the height, across and down."""
    half_width, half_height = half_axes
    middle_x, middle_y = _ROOM + x * WIDTH, _ROOM + y * HEIGHT
    across, down = max(1.0, half_width * HEIGHT), max(1.0, half_height * HEIGHT)
    top, bottom = max(0, int(middle_y - down)), min(canvas.shape[0], int(middle_y + down) + 2)
    left, right = max(0, int(middle_x - across)), min(canvas.shape[1], int(middle_x + across) + 2)
    if top >= bottom or left >= right:
        return
    rows, columns = np.arange(top, bottom)[:, None], np.arange(left, right)[None, :]
    inside = ((columns - middle_x) / across) ** 2 + ((rows - middle_y) / down) ** 2 <= 1
    canvas[top:bottom, left:right][inside] = shade


_DRAW: Final = {"bird": _draw_bird, "person": _draw_person}
