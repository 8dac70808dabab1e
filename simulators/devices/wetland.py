"""A wetland as a camera sees it, drawn with numpy: sky, water, reeds, moving birds and people, as the world has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.devices.wetland_paint import (
    DRAW,
    HEIGHT,
    ROOM,
    WATER,
    WIDTH,
    Actor,
    Kind,
    blotches,
    half_width,
    landscape,
    lay_dry,
    overcast,
    pour,
    waves,
)
from simulators.environment import Moment, Site, World
from simulators.environment.scene import Scene, scene

__all__ = ["HEIGHT", "WIDTH", "Actor", "Picture", "Seen", "Weather", "Wetland"]

MOST: Final = 40
"""No more birds, and no more people, are ever in sight."""

Picture = NDArray[np.uint8]


class Seen(NamedTuple):
    """Something that moves, and where: shares of the picture's width and height."""

    kind: Kind
    left: float
    top: float
    right: float
    bottom: float


@dataclass(slots=True, kw_only=True)
class Weather:
    """What can be set while the camera runs; None: as the world has it, and without a world nothing of it."""

    fog: float | None = None
    """0 none, 1 nothing but grey."""
    dirt: float | None = None
    """Share of the lens that is covered."""
    turned: tuple[int, int] = (0, 0)
    """Pixels by which everything is further right and down; at most 48 each."""
    daylight: float | None = None
    """0 night to 1 noon; None: by the sun, and in a world by its clouds, too."""


class Wetland:
    """One view; the same seed and time give the same picture.

    :param birds: so many; with a world the usual number, which season, hour, tide and rain change.
    :param people: likewise, by season, hour, weekday and rain, and a festival's crowd.
    :param world: None: always the same mild day without clouds and tide, only the sun goes round.
    """

    def __init__(self, seed: int, site: Site, *, birds: int = 3, people: int = 1, world: World | None = None) -> None:
        self.weather = Weather()
        self._seed = seed
        self._site = site
        self._world = world
        self._usual = birds, people
        random = np.random.default_rng([seed, 1])
        self._still = landscape(random)
        self._water = (self._still == WATER).all(axis=2)
        self._blotches = blotches(random)
        self._birds = [*_flock(random, birds if world is None else MOST)]
        self._people = [*_walkers(random, people if world is None else MOST)]
        self.actors: list[Actor] = [*self._birds, *self._people] if world is None else []
        """Who is there whatever the world says."""
        self._grain = np.zeros(self._water.shape, np.float32)
        if world is not None:
            self._grain = 9 * random.standard_normal(self._water.shape, np.float32)

    def scene(self, time_ms: int) -> Scene | None:
        """What the world says; None without one."""
        if self._world is None:
            return None
        return scene(self._world.moment(self._site, time_ms), self.weather.daylight)

    def daylight(self, time_ms: int) -> float:
        """0 night to 1 noon."""
        if self.weather.daylight is not None:
            return self.weather.daylight
        if (now := self.scene(time_ms)) is not None:
            return now.daylight * (1 - 0.5 * now.cloud)
        return float(np.clip((Moment(self._seed, self._site, time_ms).sun() + 6) / 26, 0, 1))

    def present(self, time_ms: int) -> Iterator[Actor]:
        """Who is about; whoever was there when he began to cross the picture stays until he has crossed it."""
        yield from self.actors
        if self._world is None:
            return
        for kind, actors in enumerate((self._birds, self._people)):
            for number, actor in enumerate(actors):
                way_s = (time_ms / 1000 + actor.start * actor.period_s) % actor.period_s
                began = self.scene(time_ms - round(way_s * 1000))
                if began is not None and number < self._count(kind, began):
                    yield actor

    def _count(self, kind: int, now: Scene) -> int:
        usual = self._usual[kind]
        return min(MOST, round(usual * now.people + now.crowd if kind else usual * now.birds))

    def seen(self, time_ms: int) -> Iterator[Seen]:
        """What moves and is at least in part in the picture."""
        right, down = (part / whole for part, whole in zip(self.weather.turned, (WIDTH, HEIGHT), strict=True))
        for actor in self.present(time_ms):
            x, y = actor.place(time_ms / 1000)
            wide = half_width(actor) * HEIGHT / WIDTH
            top = y - actor.height if actor.kind == "person" else y - actor.height / 2
            box = Seen(actor.kind, x - wide + right, top + down, x + wide + right, top + actor.height + down)
            if box.right > 0 and box.left < 1:
                yield box

    def draw(self, time_ms: int) -> Picture:
        """(720, 1280, 3), RGB."""
        now, weather = self.scene(time_ms), self.weather
        canvas = self._still.copy()
        canvas += (self._water * waves(canvas.shape[0], canvas.shape[1], time_ms / 1000))[:, :, None]
        if now is not None:
            lay_dry(canvas, self._water, self._grain, now.flood)
            overcast(canvas, now.cloud)
        for actor in self.present(time_ms):
            DRAW[actor.kind](canvas, actor, time_ms / 1000)
        right, down = weather.turned
        top, left = ROOM - down, ROOM - right
        view = canvas[top : top + HEIGHT, left : left + WIDTH]
        return self._through_the_lens(view, now, time_ms)

    def _through_the_lens(self, view: NDArray[np.float32], now: Scene | None, time_ms: int) -> Picture:
        """Light, fog, rain, dirt and the sensor's noise."""
        random = np.random.default_rng([self._seed, time_ms])
        daylight = self.daylight(time_ms)
        view *= 0.02 + 0.98 * daylight
        fog, dirt = self.weather.fog, self.weather.dirt
        if now is not None:
            fog, dirt = now.fog if fog is None else fog, now.dirt if dirt is None else dirt
        if fog:
            view = view * (1 - fog) + 170 * daylight * fog
        if now is not None:
            pour(view, np.random.default_rng([self._seed, time_ms, 2]), now.rain_mm_h)
        if dirt:
            cover = np.clip((self._blotches - np.quantile(self._blotches, 1 - dirt)) * 8, 0, 1)[:, :, None]
            view = view * (1 - cover) + np.array([46, 38, 26], np.float32) * cover
        view += 2 * random.standard_normal((HEIGHT, WIDTH, 1), np.float32)
        return np.clip(view, 0, 255, out=view).astype(np.uint8)


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
