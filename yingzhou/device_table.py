"""Links and devices of a gateway as lines of at most 80 columns."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

WIDTH: Final = 80
_HEADINGS: Final = ("device", "state", "seen", "answer ms", "readings", "missed")
_WIDTHS: Final = (24, 7, 7, 11, 12, 7)
"""With two blanks before each, 80."""
_STAYS: Final = "\N{NO-BREAK SPACE}"
"""Between two words that stand in one line."""
_RIGHT: Final = ("readings", "missed")


def device_lines(status: Mapping[str, Any]) -> Iterator[str]:
    """A line for each link and each device; under a device what went wrong and what an engineer should know."""
    for link in status["links"]:
        yield ""
        kind = f" ({link['kind']})" if "kind" in link else ""
        up = {True: "up", False: "down"}.get(link.get("up"), "")
        counters = ": " + _counts(link["counters"]) if link.get("counters") else ""
        yield from wrapped(f"link {link['name']}{kind} {up}{counters}", "")
        if not link.get("up") and link.get("trouble"):
            yield from wrapped(link["trouble"], "  ")
        if link["devices"]:
            yield _row(_HEADINGS)
        for device in link["devices"]:
            yield _row(_cells(device, status["at_ms"]))
            for line in _remarks(device):
                yield from wrapped(line, "    ")


def _cells(device: Mapping[str, Any], at_ms: int) -> tuple[str, ...]:
    seen_ms = device["last_seen_ms"]
    median_s, worst_s = device.get("answer_median_s"), device.get("answer_worst_s")
    return (
        cut(device["source"]),
        device["state"],
        "never" if seen_ms is None else span(max(0, at_ms - seen_ms) / 1000),
        "" if median_s is None or worst_s is None else f"{_ms(median_s)}/{_ms(worst_s)}",
        _count(device["readings"], _WIDTHS[-2]),
        _count(device.get("missed_ticks", 0), _WIDTHS[-1]),
    )


def _remarks(device: Mapping[str, Any]) -> Iterator[str]:
    if pause_s := device.get("pause_s"):
        yield f"asked every {span(pause_s)} only, until it answers"
    if device["errors"]:
        yield f"errors: {_counts(device['errors'])}"
    if dial_in := device.get("dial_in"):
        yield from _dial_in(dial_in)
    yield from device["notes"]


def _dial_in(told: Mapping[str, Any]) -> Iterator[str]:
    """Of a station that dials in: clock and history; nothing of what there is not."""
    offset_s = told["clock_offset_s"]
    parts = ["clock not known" if offset_s is None else f"clock {round(offset_s, 1) + 0.0:+,.1f} s"]  # no -0.0
    if told["clock_set"]:
        parts.append(f"set {told['clock_set']:,} times" if told["clock_set"] > 1 else "set once")
    if told["gaps"]:
        parts.append(f"gaps {told['gaps']:,} ({told['missing_h']:,.1f} h missing)")
    parts += [f"{name} {told[name]:,}" for name in ("asked", "pulled", "refused") if told[name]]
    yield ", ".join(parts)


def _row(cells: tuple[str, ...]) -> str:
    placed = (
        cell.rjust(width) if heading in _RIGHT else cell.ljust(width)
        for cell, width, heading in zip(cells, _WIDTHS, _HEADINGS, strict=True)
    )
    return ("  " + "  ".join(placed)).rstrip()


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{kind}{_STAYS}{count:,}" for kind, count in counts.items())


def wrapped(text: str, indent: str, further: str | None = None) -> list[str]:
    """In lines that fit; ``further`` is the indent of all but the first, two less than they have."""
    more = (indent if further is None else further) + "  "
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=more)
    return [line.replace(_STAYS, " ") for line in lines]


def cut(text: str, width: int = _WIDTHS[0]) -> str:
    """Begin and end of what is too long; --json has all of it."""
    half = (width - 1) // 2
    return text if len(text) <= width else f"{text[: width - 1 - half]}…{text[-half:]}"


def _count(number: int, width: int) -> str:
    """In millions when it would not fit; --json has all of it."""
    told = f"{number:,}"
    return told if len(told) <= width else f"{number // 10**6:,} M"


def _ms(seconds: float) -> str:
    ms = seconds * 1000
    return f"{ms:.1f}" if ms < 10 else f"{ms:.0f}"


def span(seconds: float) -> str:
    """A time in the unit that an engineer would use: ``3 s``, ``12 min``, ``5.2 h``, ``3.1 d``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} d"
