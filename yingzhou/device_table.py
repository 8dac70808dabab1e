"""Links and devices of a gateway as lines of at most 100 columns."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

WIDTH: Final = 100
_HEADINGS: Final = ("device", "state", "seen", "answer ms", "readings", "missed")
_WIDTHS: Final = (24, 20, 7, 16, 14, 7)
"""With two blanks before each, 100."""
_RIGHT: Final = ("readings", "missed")


def device_lines(status: Mapping[str, Any]) -> Iterator[str]:
    """A line for each link and each device; under a device what went wrong and what an engineer should know."""
    for link in status["links"]:
        yield ""
        kind = f" ({link['kind']})" if "kind" in link else ""
        up = {True: "up", False: "down"}.get(link.get("up"), "")
        counters = ": " + _counts(link["counters"]) if link.get("counters") else ""
        yield from _wrapped(f"link {link['name']}{kind} {up}{counters}", "")
        if link["devices"]:
            yield _row(_HEADINGS)
        for device in link["devices"]:
            yield _row(_cells(device, status["at_ms"]))
            if device["errors"]:
                yield from _wrapped(f"errors: {_counts(device['errors'])}", "    ")
            for note in device["notes"]:
                yield from _wrapped(note, "    ")


def _cells(device: Mapping[str, Any], at_ms: int) -> tuple[str, ...]:
    pause_s = device.get("pause_s") or 0
    seen_ms = device["last_seen_ms"]
    median_s, worst_s = device.get("answer_median_s"), device.get("answer_worst_s")
    return (
        cut(device["source"]),
        f"{device['state']}, asked/{span(pause_s)}" if pause_s else device["state"],
        "never" if seen_ms is None else span(max(0, at_ms - seen_ms) / 1000),
        "" if median_s is None or worst_s is None else f"{_ms(median_s)}, max {_ms(worst_s)}",
        f"{device['readings']:,}",
        f"{device.get('missed_ticks', 0):,}",
    )


def _row(cells: tuple[str, ...]) -> str:
    placed = (
        cell.rjust(width) if heading in _RIGHT else cell.ljust(width)
        for cell, width, heading in zip(cells, _WIDTHS, _HEADINGS, strict=True)
    )
    return ("  " + "  ".join(placed)).rstrip()


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in counts.items())


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")


def cut(text: str, width: int = _WIDTHS[0]) -> str:
    """Begin and end of what is too long; --json has all of it."""
    half = (width - 1) // 2
    return text if len(text) <= width else f"{text[: width - 1 - half]}…{text[-half:]}"


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
