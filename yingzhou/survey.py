"""``yingzhou edge scan`` and ``yingzhou edge probe``: who answers on a line, and what a register may mean."""

import argparse
import json
import re
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from protocols.vocabulary import ConfigError, SystemClock, YingzhouError
from yingzhou.grid import grid
from yingzhou.survey_line import add_line, ways

if TYPE_CHECKING:
    from edge.links.poller import Port
    from edge.survey.probe import Place, Probed
    from edge.survey.scan import Finding
    from edge.survey.way import Way
    from protocols.modbus.likelihood import Reading

PROTOCOLS: Final = ("modbus", "dlt645", "cjt188")
_RANGE: Final = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
_WIPE: Final = "\r\x1b[K"

SCAN_EXAMPLES: Final = """\
examples:
  yingzhou edge scan -c gateway.toml --link cabinet
  yingzhou edge scan --port /dev/ttyUSB0 --baud 9600,19200 --parity none,even
  yingzhou edge scan --tcp 192.168.1.20:4001 --units 1-32
  yingzhou edge scan --port /dev/ttyS1 --baud 2400 --parity even --protocol dlt645
"""
PROBE_EXAMPLES: Final = """\
examples:
  yingzhou edge probe --port /dev/ttyUSB0 --unit 3 --register 100
  yingzhou edge probe -c gateway.toml --link cabinet --unit 3 --register 100 --expect 23.5
"""


def add_scan(parser: argparse.ArgumentParser) -> None:
    """``yingzhou edge scan``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = SCAN_EXAMPLES
    add_line(parser, several=True)
    parser.add_argument(
        "--protocol", choices=PROTOCOLS, help="default: modbus; dlt645 and cjt188 where the file has meters on the line"
    )
    parser.add_argument("--units", default="1-247", help="modbus: 1-32,100 (default: 1-247)")
    parser.add_argument(
        "--every", action="store_true", help="meters: call each last pair of digits, even if one answers"
    )
    parser.add_argument("--timeout", type=_seconds, metavar="S", help="for an answer (default: 0.2, meters 0.8)")


def add_probe(parser: argparse.ArgumentParser) -> None:
    """``yingzhou edge probe``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = PROBE_EXAMPLES
    add_line(parser, several=False)
    parser.add_argument("--unit", type=_within(0, 255), required=True, help="unit identifier, 0 to 255")
    parser.add_argument(
        "--register", type=_within(0, 0xFFFF), required=True, help="of the first one, from 0; 0x10 works"
    )
    parser.add_argument("--table", choices=("holding", "input"), default="holding", help="default: holding")
    parser.add_argument("--expect", type=_finite, metavar="VALUE", help="what the device shows at this moment")
    parser.add_argument("--times", type=_within(1, 100), default=3, help="how often it is read (default: 3)")
    parser.add_argument("--pause", type=_seconds, default=1.0, metavar="S", help="between two readings (default: 1)")
    parser.add_argument("--timeout", type=_seconds, default=1.0, metavar="S", help="for an answer (default: 1)")


def scan(args: argparse.Namespace) -> int:
    """0 when somebody answered; 1 when nobody did, or it was stopped before.

    :raises ConfigError: it is not told which line, or wrongly.
    :raises LinkDown: the line is not to be had.
    """
    from yingzhou.running import run_until_stopped  # noqa: PLC0415 - --help needs none of it

    units = list(_units(args.units))
    jobs = [(way, protocol) for way in ways(args) for protocol in _protocols(args, way)]
    found: list[dict[str, Any]] = []

    async def all_of_it() -> None:
        for way, protocol in jobs:
            progress = _progress(args, f"{way.name}: {protocol}")
            async with aclosing(_findings(args, way, protocol, units, progress)) as findings:
                async for finding in findings:
                    found.append({"line": way.name, **finding._asdict()})
                    progress("")
                    if not args.json:
                        print(f"{finding.protocol}  {finding.address}  {_told(finding)}", flush=True)
            progress("")

    run_until_stopped(all_of_it())
    answered = any(one["readable"] for one in found)
    if args.json:
        print(json.dumps({"lines": list(dict.fromkeys(way.name for way, _ in jobs)), "found": found}))
    elif not answered:
        print("nobody answered so that it can be read: check speed and parity, A and B, the supply, and who else asks")
    return 0 if answered else 1


async def _findings(
    args: argparse.Namespace, way: "Way", protocol: str, units: list[int], progress: Callable[[str], None]
) -> "AsyncGenerator[Finding, None]":
    from edge.survey.scan import Cjt188Caller, Dlt645Caller, meters, modbus_units  # noqa: PLC0415

    port: Port
    if protocol == "modbus":
        port = units_port = way.modbus(args.timeout or 0.2)
        found = modbus_units(units_port, units, progress)
    else:
        port = line = way.meters(args.timeout or 0.8)
        caller = Dlt645Caller() if protocol == "dlt645" else Cjt188Caller()
        found = meters(line, caller, progress, every=args.every)
    try:
        async for finding in found:
            yield finding
    finally:
        port.close()


def _told(finding: "Finding") -> str:
    return finding.note if finding.readable else f"not readable: {finding.note}"


def _protocols(args: argparse.Namespace, way: "Way") -> tuple[str, ...]:
    if args.protocol is not None:
        return (args.protocol,)
    return PROTOCOLS[1:] if way.is_meters else PROTOCOLS[:1]


def probe(args: argparse.Namespace) -> int:
    """0 when the registers were read; what they mean may still be uncertain.

    :raises ConfigError: it is not told which line, or wrongly.
    :raises YingzhouError: the device does not answer, or has no such register.
    """
    from edge.survey.probe import Place, probed  # noqa: PLC0415 - --help needs none of it
    from yingzhou.running import run_until_stopped  # noqa: PLC0415

    way, *more = ways(args)
    if more:
        raise ConfigError("expected one --baud and one --parity")
    place = Place(args.unit, args.table, args.register)
    progress = _progress(args, f"{way.name}: unit {args.unit}")
    results: list[Probed] = []

    async def all_of_it() -> None:
        port = way.modbus(args.timeout)
        try:
            results.append(await probed(port, place, SystemClock(), args.times, args.pause, args.expect, progress))
        finally:
            port.close()
            progress("")

    run_until_stopped(all_of_it())
    if not results:
        raise YingzhouError("stopped before the registers were read")
    print(json.dumps(_as_json(way, place, results[0])) if args.json else _as_table(place, results[0]))
    return 0


def _as_json(way: "Way", place: "Place", result: "Probed") -> dict[str, Any]:
    readings = [
        one._asdict() | {"values": [value if isfinite(value) else None for value in one.values]}
        for one in result.verdict.readings
    ]
    answers = [list(answer[:1] if result.single else answer) for answer in result.answers]
    return {
        "line": way.name,
        **place._asdict(),
        "answers": answers,
        "certain": result.verdict.certain,
        "readings": readings,
    }


def _as_table(place: "Place", result: "Probed") -> str:
    answers = (answer[:1] if result.single else answer for answer in result.answers)
    shown = ", ".join(" ".join(f"{word:04X}" for word in answer) for answer in answers)
    best = result.verdict.readings[0]
    rows = [
        (">" if one is best else "", one.kind, one.order, f"{one.value:.7g}", f"{one.score:.2f}", one.reason)
        for one in result.verdict.readings
    ]
    lines = (
        f"unit {place.unit}, {place.table} from {place.address}: {shown}",
        grid(rows, ("", "kind", "order", "number", "weight", "why")),
        _advice(best, certain=result.verdict.certain),
    )
    return "\n".join(lines)


def _advice(best: "Reading", *, certain: bool) -> str:
    row = f'kind = "{best.kind}", order = "{best.order}"' + (f", divisor = {best.divisor}" if best.divisor > 1 else "")
    if certain:
        return f"looks right: {row}"
    return f"not certain, perhaps: {row}; --expect with what the device shows, or more --times, tells more"


def _progress(args: argparse.Namespace, head: str) -> Callable[[str], None]:
    """One line on a terminal's standard error, written over; an empty text wipes it. Elsewhere nothing."""

    def told(text: str) -> None:
        if sys.stderr.isatty() and not args.json:
            print(f"{_WIPE}{head}: {text} ..." if text else _WIPE, end="", file=sys.stderr, flush=True)

    return told


def _units(text: str) -> Iterator[int]:
    for part in text.split(","):
        found = _RANGE.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not first <= last <= 255:
            raise ConfigError(f"--units {part}: expected numbers and ranges of 0 to 255, such as 1-32,100")
        yield from range(first, last + 1)


def _within(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text, 0)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text}: expected {low} to {high}")
        return value

    return number


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise argparse.ArgumentTypeError(f"{text}: expected a number")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.001 <= value <= 60:
        raise argparse.ArgumentTypeError(f"{text}: expected 0.001 to 60")
    return value
