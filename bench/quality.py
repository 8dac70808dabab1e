"""Precision and recall of the edge's quality checks on a labelled simulated year of each kind of sensor.

``python -m bench.quality [--days 365] [--seed 1] [--kind ph ...] [--short] [--json]``. The checks are those of the
agent with the figures that hold where nothing else is configured, fed reading by reading in the order in which a
gateway gets them. For each instrument of bench/labelled_year.py there is a year without faults (what is flagged of it
is flagged wrongly) and one for each kind of fault. A fault counts as found when one of its readings (of a gap: the
first after it) has a reason that tells such a fault and is suspect or failed; the delay runs from its first reading,
median. Precision: of the readings with a check's reason, how many lie in a fault or are one of the three after it.
"""

import argparse
import json
import sys
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

import numpy as np

from bench.labelled_year import INSTRUMENTS, Column, Event, Instrument, Year
from edge.quality.checked import Checks
from edge.quality.figures import Device, Figures
from protocols.vocabulary import Batch, Point, Quality, Reason, reason_names
from simulators.faults import Kind

_CHANGE: Final = Reason.SPIKE | Reason.RATE | Reason.UNIT | Reason.GROSS_RANGE
TELLS: Final[dict[Kind, Reason]] = {
    "spike": _CHANGE,
    "stuck": Reason.FLAT_LINE | Reason.INSTRUMENT_RANGE,
    "step": _CHANGE,
    "unit": _CHANGE,
    "gap": Reason.GAP,
    "clock": Reason.CLOCK,
    "drift": _CHANGE,
    "noise": _CHANGE,
    "word_order": _CHANGE,
}
"""Fault -> reasons that tell it."""
GOALS: Final[tuple[Kind, ...]] = ("spike", "stuck", "step", "unit", "gap", "clock")
OTHERS: Final[tuple[Kind, ...]] = ("drift", "noise", "word_order")
LEAST_RECALL: Final = 0.95
MOST_SUSPECT: Final = 0.01
MOST_FAIL: Final = 0.001
AFTER: Final = 3
"""Readings after a fault that may be told: the way back."""
SHORT_DAYS: Final = 40


@dataclass
class Told:
    """What the checks said of one series: reading -> (quality, reasons), only where they said something."""

    readings: int = 0
    verdicts: dict[int, tuple[int, int]] = field(default_factory=dict)

    def share(self, flag: Quality) -> float:
        return sum(quality == flag for quality, _ in self.verdicts.values()) / max(1, self.readings)


@dataclass
class Found:
    """Of one kind of fault."""

    faults: int = 0
    found: int = 0
    delays_s: list[float] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / self.faults if self.faults else 1.0


@dataclass
class Precision:
    """By check's reason, over all series."""

    flagged: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    def add(self, told: Told, events: list[Event]) -> None:
        """Take in what was told of a series with these faults."""
        near = np.zeros(told.readings + AFTER, dtype=bool)
        for event in events:
            near[event.first : event.end + AFTER] = True
        for at, (_, reasons) in told.verdicts.items():
            for name in reason_names(reasons):
                self.flagged[name] += 1
                self.right[name] += bool(near[at])


def judged(instrument: Instrument, times: Any, columns: list[Column], arrivals: Any) -> list[Told]:
    """Feed the series, one column each, as polls of one device."""
    sources = [f"serial:{number}" for number in range(len(columns))]
    points = tuple(Point(source, instrument.observed) for source in sources)
    device = Device(cadence_s=instrument.cadence_s)
    checks = Checks(Figures((), dict.fromkeys(sources, device)).limits_of)
    told = [Told(len(column)) for column in columns]
    order, quality, reasons = (
        array("I", range(len(columns))),
        array("B", [Quality.NOT_EVALUATED]) * len(columns),
        array("I", [0]) * len(columns),
    )
    table = np.column_stack(columns)
    for at, (stamp, now, row) in enumerate(zip(times.tolist(), arrivals.tolist(), table, strict=True)):
        values = array("d", row.tobytes())
        if len(columns) == 1 and values[0] != values[0]:  # NaN: nothing came
            continue
        batch = Batch(points, order, array("q", [stamp]) * len(columns), values, quality, reasons)
        said = checks.judged(batch, now)
        if said.reasons is reasons:
            continue
        for column, bits in enumerate(said.reasons):
            if bits:
                told[column].verdicts[at] = said.quality[column], bits
    return told


def scored(told: Told, events: list[Event], kind: Kind, instrument: Instrument) -> Found:
    """How many of these faults were told, and when."""
    score = Found(len(events))
    tells = int(TELLS[kind])
    flagged = sorted(at for at, (quality, reasons) in told.verdicts.items() if quality >= 3 and reasons & tells)
    for event in events:
        first, end = (event.end, event.end + 1) if kind == "gap" else (event.first, event.end)
        hits = [at for at in flagged if first <= at < end]
        if hits:
            score.found += 1
            score.delays_s.append((hits[0] - event.first) * instrument.cadence_s)
    return score


@dataclass
class Report:
    """Of one instrument."""

    instrument: Instrument
    suspect: float
    fail: float
    found: dict[Kind, Found]


def report(year: Year, precision: Precision) -> Report:
    """All runs of one instrument."""
    instrument = year.instrument
    kinds: list[Kind] = ["spike", "stuck", "step", "unit", "drift", "noise"]
    if instrument.floats:
        kinds.append("word_order")
    events = {kind: year.events(kind) for kind in [*kinds, "gap", "clock"]}
    columns = [year.shown(year.true), *(year.faulty(events[kind]) for kind in kinds)]
    clean, *told = judged(instrument, year.time_ms, columns, year.time_ms)
    runs = dict(zip(kinds, told, strict=True))
    (runs["gap"],) = judged(instrument, year.time_ms, [year.faulty(events["gap"])], year.time_ms)
    (runs["clock"],) = judged(instrument, year.stamps(events["clock"]), [year.shown(year.true)], year.time_ms)
    for kind, one in runs.items():
        precision.add(one, events[kind])
    found = {kind: scored(one, events[kind], kind, instrument) for kind, one in runs.items()}
    return Report(instrument, clean.share(Quality.SUSPECT), clean.share(Quality.FAIL), found)


def span_of(seconds: float) -> str:
    """As a person says it."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


def lines(reports: list[Report], precision: Precision) -> Iterator[str]:
    """The tables."""
    shown = (*GOALS, *OTHERS)
    yield f"{'good data flagged, recall':<20}{'suspect':>9}{'fail':>9}" + "".join(f"{kind:>11}" for kind in shown)
    for one in reports:
        cells = (f"{one.found[kind].recall:>11.3f}" if kind in one.found else f"{'':>11}" for kind in shown)
        yield f"{one.instrument.observed:<20}{one.suspect:>9.4%}{one.fail:>9.4%}" + "".join(cells)
    yield ""
    yield f"{'delay (median)':<38}" + "".join(f"{kind:>11}" for kind in shown)
    for one in reports:
        cells = (
            f"{span_of(median(one.found[kind].delays_s)) if kind in one.found and one.found[kind].delays_s else '':>11}"
            for kind in shown
        )
        yield f"{one.instrument.observed:<38}" + "".join(cells)
    yield ""
    yield f"{'check':<20}{'readings flagged':>18}{'precision':>11}"
    for name, count in sorted(precision.flagged.items()):
        yield f"{name:<20}{count:>18,}{precision.right[name] / count:>11.4f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", nargs="+", choices=[one.observed for one in INSTRUMENTS], help="only these")
    parser.add_argument("--short", action="store_true", help=f"{SHORT_DAYS} days")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    days = SHORT_DAYS if args.short else args.days
    if days < SHORT_DAYS:
        parser.error(f"--days {days}: expected at least {SHORT_DAYS}, so that a stuck sensor fits into them")
    reports, precision = [], Precision()
    for one in INSTRUMENTS:
        if args.kind and one.observed not in args.kind:
            continue
        began = time.perf_counter()
        reports.append(report(Year(one, args.seed, days), precision))
        print(f"{one.observed}: {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    print("\n".join(lines(reports, precision)))
    totals: dict[str, Any] = {
        "recall_min": round(min(one.found[kind].recall for one in reports for kind in GOALS), 4),
        "false_suspect": round(max(one.suspect for one in reports), 5),
        "false_fail": round(max(one.fail for one in reports), 5),
    }
    good = (
        totals["recall_min"] >= LEAST_RECALL
        and totals["false_suspect"] <= MOST_SUSPECT
        and totals["false_fail"] <= MOST_FAIL
    )
    print(
        f"\nrecall of {', '.join(GOALS)}: at least {totals['recall_min']:.3f} (goal {LEAST_RECALL}); "
        f"good data: at most {totals['false_suspect']:.3%} suspect (1 %), {totals['false_fail']:.3%} fail (0.1 %): "
        f"{'reached' if good else 'MISSED'}"
    )
    if args.json:
        print(json.dumps({**totals, "reached": good, "days": days, "seed": args.seed, "sensors": len(reports)}))
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
