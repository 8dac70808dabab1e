"""The pictures of docs/island.md: SVG out of the simulated world, ``python -m bench.island_pictures [FOLDER]``.

The same seed gives the same pictures; whoever changes the world draws them anew.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from simulators.environment import Site, Spill, Typhoon, World

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
SEED = 1
HOUR_MS = 3_600_000
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 210, 54, 12, 26, 24
COLOURS = ("#1f6fb4", "#c8501e", "#2c8a4b", "#7a4fa0")
MOUTH, WEST = Site("mouth", 121.96, 31.45), Site("west", 121.19, 31.775, river=True)
CHENGQIAO, NEAR, CHENJIA = Site("a", 121.40, 31.63), Site("b", 121.41, 31.64), Site("c", 121.78, 31.48)
SHORE = tuple(Site(f"shore-{n}", *at) for n, at in enumerate(((121.30, 31.68), (121.42, 31.60), (121.60, 31.51))))


class Line(NamedTuple):
    """One curve."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Panel:
    """Curves over one span of time, on one scale."""

    title: str
    start: datetime
    hours: float
    lines: tuple[Line, ...]

    def svg(self, top: int) -> str:
        """With its frame, from ``top`` on."""
        low, high = (pick(value for line in self.lines for value in line.values) for pick in (min, max))
        room = (high - low) * 0.06 or 1.0
        low, high = low - room, high + room

        def y(value: float) -> float:
            return top + TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

        right, bottom = WIDTH - RIGHT, top + HEIGHT - BOTTOM
        parts = [f'<text x="{LEFT}" y="{top + 17}" font-weight="bold">{self.title}</text>']
        for value in _ticks(low, high):
            parts.append(f'<path d="M{LEFT} {y(value):.1f}H{right}" stroke="#e2e2e2"/>')
            parts.append(f'<text x="{LEFT - 5}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
        parts += self._days(right, bottom, top + TOP)
        names = right
        for line, colour in reversed([*zip(self.lines, COLOURS, strict=False)]):
            step = (right - LEFT) / (len(line.values) - 1)
            points = " ".join(f"{LEFT + n * step:.1f},{y(value):.1f}" for n, value in enumerate(line.values))
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.3"/>')
            parts.append(f'<text x="{names}" y="{top + 17}" text-anchor="end" fill="{colour}">{line.name}</text>')
            names -= 16 + round(6.4 * len(line.name))
        return "\n".join(parts)

    def _days(self, right: float, bottom: float, top: float) -> Iterable[str]:
        """Midnights in China, and their dates where there is room."""
        local = self.start + timedelta(hours=8)
        first = (24 - local.hour - local.minute / 60) % 24
        days = int((self.hours - first) // 24) + 1
        for number in range(days):
            x = LEFT + (right - LEFT) * (first + 24 * number) / self.hours
            yield f'<path d="M{x:.1f} {top}V{bottom}" stroke="#eeeeee"/>'
            date = local + timedelta(hours=first + 24 * number)
            if number % (1 + days // 9) == 0 and x < right - 40:
                yield f'<text x="{x + 3:.1f}" y="{bottom + 15}">{date.day} {date:%b}</text>'


def _ticks(low: float, high: float) -> Iterable[float]:
    """About four round numbers."""
    rough = (high - low) / 4
    size = 10.0 ** len(str(int(rough))) / 10 if rough >= 1 else 0.1 if rough >= 0.1 else 0.01
    step = next(size * times for times in (1, 2, 5, 10) if size * times >= rough)
    number = int(low // step) + 1
    while number * step < high:
        yield round(number * step, 6)
        number += 1


def drawing(panels: Sequence[Panel]) -> str:
    """One SVG with panels below each other."""
    height = HEIGHT * len(panels)
    body = "\n".join(panel.svg(HEIGHT * number) for number, panel in enumerate(panels))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
    return f'{head}font-size="11">\n<rect width="{WIDTH}" height="{height}" fill="white"/>\n{body}\n</svg>\n'


def course(world: World, site: Site, observed: str, start: datetime, hours: float, step_h: float = 0.5) -> list[float]:
    """A property at a site, step by step."""
    begin = round(start.timestamp() * 1000)
    return [
        world.last_known(site, observed, begin + round(n * step_h * HOUR_MS)) for n in range(int(hours / step_h) + 1)
    ]


def tide() -> Sequence[Panel]:
    """Two weeks from spring to neap, at both ends of the island."""
    start, hours, world = datetime(2026, 3, 18, tzinfo=UTC), 15 * 24, World(SEED)
    lines = [Line(name, course(world, site, "water_level", start, hours)) for name, site in _ENDS]
    return [Panel("water level of the river, m (1985 national height datum)", start, hours, tuple(lines))]


_ENDS = (("mouth", MOUTH), ("western end", WEST))


def sluice() -> Sequence[Panel]:
    """A sluice that is opened fully for a day and a half, and one that is left alone."""
    start, hours = datetime(2026, 10, 12, tzinfo=UTC), 72
    gate, gauge, outside = Site("s", 121.49, 31.67), Site("g", 121.48, 31.68), Site("o", 121.49, 31.67, river=True)
    told, left = World(SEED), World(SEED)
    for opening, after_h in ((3.0, 18), (0.0, 54)):
        told.open_gate(gate, opening, round(start.timestamp() * 1000) + after_h * HOUR_MS)
    channel = (
        Line("sluice by itself", course(left, gauge, "water_level", start, hours, 0.25)),
        Line("opened, then shut", course(told, gauge, "water_level", start, hours, 0.25)),
    )
    river = (Line("river", course(left, outside, "water_level", start, hours, 0.25)),)
    return [
        Panel("water level of the channel behind it, m", start, hours, channel),
        Panel("and of the river before it, m", start, hours, river),
    ]


def rain() -> Sequence[Panel]:
    """Plum rain: what it does to light, air, water and soil."""
    start, hours, world = datetime(2026, 6, 14, tzinfo=UTC), 6 * 24, World(SEED)
    panels = (
        ("rain of the hour before, mm", "rainfall"),
        ("illuminance, lx", "illuminance"),
        ("PM2.5, µg/m³", "pm2_5"),
        ("turbidity of a channel, NTU", "turbidity"),
        ("soil moisture, %", "soil_moisture"),
    )
    sites = (("Chengqiao", CHENGQIAO), ("1.5 km from it", NEAR), ("Chenjia, 40 km away", CHENJIA))
    return [
        Panel(
            title,
            start,
            hours,
            tuple(
                Line(name, course(world, site._replace(river=False), observed, start, hours)) for name, site in sites
            ),
        )
        for title, observed in panels
    ]


def oxygen() -> Sequence[Panel]:
    """Four clear summer days in a channel, and the light that makes its oxygen."""
    start, hours, world = datetime(2026, 7, 28, tzinfo=UTC), 4 * 24, World(SEED)
    water = Site("pond", 121.45, 31.66, river=False)
    panels = (("dissolved oxygen, mg/L", "dissolved_oxygen"), ("pH", "ph"), ("illuminance, lx", "illuminance"))
    return [
        Panel(title, start, hours, (Line("", course(world, water, observed, start, hours)),))
        for title, observed in panels
    ]


def typhoon() -> Sequence[Panel]:
    """Its two days, between the days before and after."""
    start, hours = datetime(2026, 9, 10, tzinfo=UTC), 4 * 24
    world = World(SEED, events=(Typhoon(round(start.timestamp() * 1000) + 24 * HOUR_MS),))
    calm = World(SEED)
    shore = SHORE[2]
    return [
        Panel("air pressure, hPa", start, hours, (Line("", course(world, shore, "air_pressure", start, hours)),)),
        Panel("wind, m/s", start, hours, (Line("", course(world, shore, "wind_speed", start, hours)),)),
        Panel("rain of the hour before, mm", start, hours, (Line("", course(world, shore, "rainfall", start, hours)),)),
        Panel(
            "water level at Baozhen, m",
            start,
            hours,
            (
                Line("without it", course(calm, shore, "water_level", start, hours)),
                Line("with its surge", course(world, shore, "water_level", start, hours)),
            ),
        ),
    ]


def spill() -> Sequence[Panel]:
    """Ammonia on its way down the south shore, to and fro with the tide."""
    start, hours = datetime(2026, 11, 3, tzinfo=UTC), 3 * 24
    world = World(SEED, events=(Spill(round(start.timestamp() * 1000) + 6 * HOUR_MS),))
    names = ("Miaozhen", "Chengqiao", "Baozhen")
    lines = [
        Line(name, course(world, site._replace(river=True), "ammonia_nitrogen", start, hours))
        for name, site in zip(names, SHORE, strict=True)
    ]
    return [Panel("ammonia nitrogen in the river, mg/L", start, hours, tuple(lines))]


PICTURES: dict[str, Callable[[], Sequence[Panel]]] = {
    "island-tide.svg": tide,
    "island-sluice.svg": sluice,
    "island-rain.svg": rain,
    "island-oxygen.svg": oxygen,
    "island-typhoon.svg": typhoon,
    "island-spill.svg": spill,
}


def main(folder: Path = FOLDER) -> None:
    """Draw all of them into a folder."""
    for name, panels in PICTURES.items():
        (folder / name).write_text(drawing(panels()), encoding="utf-8")
        print(f"{folder / name}: {(folder / name).stat().st_size} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
