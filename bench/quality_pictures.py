"""What the quality checks say of the real series, as pictures: ``python -m bench.quality_pictures [FOLDER]``.

Writes docs/pictures/quality-*.svg (or into FOLDER): the series as they were measured (simulators/measurements), suspect
readings orange, failed ones red; prints every run of flags of all of them. The figures are the defaults.
"""

import argparse
from array import array
from datetime import UTC, datetime
from itertools import groupby
from math import isnan
from pathlib import Path
from typing import Final, NamedTuple

from edge.quality.checked import Checks
from edge.quality.defaults import defaults_of
from protocols.vocabulary import Batch, Point, Quality, reason_names
from simulators.measurements.series import AIR_COLUMNS, Series, air, water_level

TEN_YEARS_MS: Final = 315_619_200_000
"""The measurements are of 2016: a clock that says so today is wrong."""
PICTURES: Final = (
    ("quality-water-level", "tidal gauge", "water_level"),
    ("quality-pm2_5", "dongsi", "pm2_5"),
    ("quality-air-temperature", "huairou", "air_temperature"),
)
WIDTH, HEIGHT, LEFT, TOP = 900, 220, 50, 24
COLOURS: Final = {3: "#e58a00", 4: "#d01c1c"}


class Judged(NamedTuple):
    """One reading and what was said of it."""

    time: int
    value: float
    quality: int
    reasons: int


def judged(observed: str, series: Series, divisor: float = 1) -> list[Judged]:
    """Reading by reading, as a gateway would have had them."""
    checks, points = Checks(lambda point: defaults_of(point.observed)), (Point("serial:1", observed),)
    found = []
    for time, value in zip(series.time, series.value, strict=True):
        if isnan(value):
            continue
        shown = value / divisor
        now = time + TEN_YEARS_MS
        one = Batch(points, array("I", [0]), array("q", [now]), array("d", [shown]), array("B", [2]), array("I", [0]))
        said = checks.judged(one, now)
        found.append(Judged(time, shown, said.quality[0], said.reasons[0]))
    return found


def day(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M}"


def told(name: str, observed: str, found: list[Judged]) -> list[str]:
    """Its flags, run by run."""
    lines = []
    for (quality, reasons), group in groupby(found, lambda one: (one.quality, one.reasons)):
        if quality >= 3:
            run = list(group)
            span = f"{run[0].value:g}" if len(run) == 1 else f"{run[0].value:g} ... {run[-1].value:g}"
            lines.append(
                f"{name} {observed}: {day(run[0].time)}, {len(run)} x {Quality(quality).name.lower()} "
                f"{'+'.join(reason_names(reasons))}: {span}"
            )
    return lines


def picture(title: str, found: list[Judged]) -> str:
    """An SVG of the series, thinned to what a pixel can show."""
    first, last = found[0].time, found[-1].time
    values = [one.value for one in found]
    low, high = min(values), max(values)

    def x(time: int) -> float:
        return LEFT + (time - first) / (last - first) * (WIDTH - LEFT - 10)

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - 30)

    points: list[str] = []
    for at, group in groupby(found, lambda one: int(x(one.time))):
        column = [one.value for one in group]
        points += [f"{at},{y(value):.0f}" for value in dict.fromkeys((column[0], min(column), max(column), column[-1]))]
    marks = dict.fromkeys((int(x(one.time)), int(y(one.value)), one.quality) for one in found if one.quality >= 3)
    dots = "".join(f'<circle cx="{a}" cy="{b}" r="3" fill="{COLOURS[q]}"/>' for a, b, q in marks)
    counts = {q: sum(one.quality == q for one in found) for q in COLOURS}
    style = 'font-family="sans-serif" font-size="12"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
        f'<text x="{LEFT}" y="16">{title}: {len(found):,} readings, {counts[3]:,} suspect, {counts[4]:,} fail</text>'
        f'<text x="4" y="{TOP + 10}">{high:g}</text><text x="4" y="{HEIGHT - 28}">{low:g}</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 8}">{day(first)[:10]}</text>'
        f'<text x="{WIDTH - 10}" y="{HEIGHT - 8}" text-anchor="end">{day(last)[:10]}</text>'
        f'<polyline fill="none" stroke="#33658a" stroke-width="0.8" points="{" ".join(points)}"/>{dots}</svg>\n'
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent.parent / "docs" / "pictures")
    folder = parser.parse_args().folder
    found = {("tidal gauge", "water_level"): judged("water_level", water_level())}
    for station in ("dongsi", "huairou"):
        for observed, (column, divisor) in AIR_COLUMNS.items():
            found[station, observed] = judged(observed, air(station, column), divisor)
    for (name, observed), series in found.items():
        print("\n".join(told(name, observed, series) or [f"{name} {observed}: nothing"]))
    for file, name, observed in PICTURES:
        (folder / f"{file}.svg").write_text(picture(f"{observed}, {name}", found[name, observed]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
