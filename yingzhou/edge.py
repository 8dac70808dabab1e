"""``yingzhou edge``: run the agent of a gateway, or look at one that runs."""

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from edge.config import EdgeConfig, load
from edge.status.file import STATUS_FILE
from protocols.vocabulary import ConfigError, SystemClock, YingzhouError
from yingzhou.device_table import cut, device_lines, span
from yingzhou.grid import grid
from yingzhou.survey import add_probe, add_scan, probe, scan

FRESH_S: Final = 15.0
"""An agent writes its status every two seconds; one that is older says nothing of now."""


class Survey(NamedTuple):
    """A tool for whoever stands before a cabinet."""

    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    text: str


SURVEYS: Final = {
    "scan": Survey(add_scan, scan, "who answers on a line: Modbus units, addresses of meters"),
    "probe": Survey(add_probe, probe, "read a register, and try what its number may be"),
}
QUALITIES: Final = ("pass", "not_evaluated", "suspect", "fail", "missing")


_VIEWS: Final = {
    "run": "run the agent (what is done when nothing else is said)",
    "status": "how the agent's links, devices and spool are",
    "spool": "what waits for the cloud",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``yingzhou edge [run|status|spool] -c FILE``, ``yingzhou edge scan|probe ...``."""
    _add_common(parser, None, verbose=False, json=False)
    actions = parser.add_subparsers(dest="what", metavar="ACTION")
    for name, text in _VIEWS.items():
        action = actions.add_parser(name, help=text, description=text)
        _add_common(action, argparse.SUPPRESS, verbose=argparse.SUPPRESS, json=argparse.SUPPRESS)
    for name, (add, _, text) in SURVEYS.items():
        action = actions.add_parser(name, help=text, description=text)
        add(action)
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object")


def _add_common(parser: argparse.ArgumentParser, config: Any, **unset: Any) -> None:
    parser.add_argument("-c", "--config", type=Path, default=config, help="gateway.toml")
    parser.add_argument("--json", action="store_true", default=unset["json"], help="one JSON object instead of tables")
    parser.add_argument("-v", "--verbose", action="store_true", default=unset["verbose"], help="log more")


def run(args: argparse.Namespace) -> int:
    """0 done; 1 no agent runs, or it has not said anything for 15 s; 2 the configuration is wrong."""
    args.what = args.what or "run"  # argparse leaves what was not said as None
    if args.what in SURVEYS:
        return SURVEYS[args.what].run(args)
    if args.config is None:
        raise ConfigError("expected -c FILE, the gateway.toml")
    config = load(args.config)
    if args.what == "run":
        return _run(args.config, verbose=args.verbose)
    status = _status(config)
    if status is None:
        if args.json:
            print(json.dumps({"running": False}))
            return 1
        raise YingzhouError(f"no agent has run here yet: there is no {config.gateway.data / STATUS_FILE}")
    if args.json:
        print(json.dumps(status if args.what == "status" else status["spool"]))
    elif args.what == "status":
        _print_status(status)
    else:
        print(grid([(key, value) for key, value in status["spool"].items()], ("spool", "value")))
    if not status["running"]:
        print(f"yingzhou edge: {_why_not(status)}", file=sys.stderr)
    return 0 if status["running"] else 1


def _run(path: Path, *, verbose: bool) -> int:
    """Run until stopped; when another configuration is in force, this process starts anew with it."""
    from edge.agent import Agent  # noqa: PLC0415 - the look at a status needs none of it
    from edge.remote.effective import crashed, start  # noqa: PLC0415
    from edge.remote.keeper import Restart  # noqa: PLC0415
    from yingzhou.running import run_until_stopped  # noqa: PLC0415

    config = start(path)
    try:
        return run_until_stopped(Agent(config, SystemClock(), path=path).run(), verbose=verbose)
    except Restart:
        _start_anew()
    except ConfigError:
        raise  # the gateway's own file, a secret, a spool in use: nothing that came from afar
    except Exception as error:
        if not crashed(path, error):  # what runs now has proved itself: whoever supervises us starts us again
            raise
        traceback.print_exc()
        _start_anew()


def _start_anew() -> NoReturn:
    """The same command in the same process, as if it had just been started."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command line


def _status(config: EdgeConfig) -> dict[str, Any] | None:
    """What the agent wrote last, with ``age_s`` and ``running``; None when none ever did."""
    path = config.gateway.data / STATUS_FILE
    try:
        status: dict[str, Any] = json.loads(path.read_text())
        age_s = time.time() - status["at_ms"] / 1000
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise YingzhouError(f"{path}: no status of an agent ({error})") from error
    running = not status.get("stopped", False) and abs(age_s) < FRESH_S
    return status | {"age_s": round(age_s, 1), "running": running}


def _why_not(status: dict[str, Any]) -> str:
    ago = span(abs(status["age_s"]))
    if status.get("stopped"):
        return f"no agent runs: it was stopped {ago} ago, and this is what it said then"
    if status["age_s"] < 0:
        return f"this status is {ago} ahead of the clock here: the clock was set back, or the file is another's"
    return f"the agent has said nothing for {ago}: it was killed, hangs, or cannot write there any more"


def _print_status(status: dict[str, Any]) -> None:
    uplink, spool = status["uplink"], status["spool"]
    state = "running" if status["running"] else "NOT RUNNING"
    print(f"gateway {status['gateway']}, {state}: process {status['process']}, {status['age_s']:.0f} s ago")
    line = "connected" if uplink["connected"] else "away"
    print(f"uplink  {line}, {uplink['in_flight']} in flight, {uplink['resent']} resent")
    waits = "nothing waits" if spool["oldest_h"] is None else f"{spool['oldest_h']:.2f} h wait"
    print(f"spool   {waits}, {_room(spool)} ({spool['bytes']:,} bytes, {spool['share']:.1%} of its bound)")
    print(f"clock   {_clock(status.get('clock'))}")
    if commands := status.get("commands"):
        told = ", ".join(f"{commands[name]} {name}" for name in ("applied", "failed", "refused", "expired", "waiting"))
        print(f"orders  {told}")
    if (config := status.get("config")) and config["version"] is not None:
        print(f"config  version {config['version']} from afar{', on trial' if config['on_trial'] else ''}")
    for line in _findings(status):
        print(line)
    for line in device_lines(status):
        print(line)
    if stations := list(_stations(status)):
        print()
        print(grid(stations, ("station", "clock", "set", "gaps", "missing", "asked", "pulled", "refused")))


def _findings(status: dict[str, Any]) -> Iterator[str]:
    """What checks, report by exception and rules did; nothing of what is not configured."""
    if quality := status.get("quality"):
        flags = [f"{quality[name]:,} {name.replace('_', ' ')}" for name in QUALITIES if quality[name]]
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in quality["reasons"].items())
        yield f"checks  {', '.join(flags) or 'nothing yet'}" + (f" ({reasons})" if reasons else "")
    if report := status.get("report_by_exception"):
        yield f"report  {report['sent']:,} sent, {report['held']:,} held back"
    if rules := status.get("rules"):
        active = ", ".join(rules["active"]) or "no alarm"
        yield f"rules   {active}; {rules['actions_waiting']} actions to carry out"


def _stations(status: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Of stations that dial in: clock and history; strangers' clocks, too."""
    for link in status["links"]:
        for device in link["devices"]:
            if (told := device.get("dial_in")) is None:
                continue
            offset_s = told["clock_offset_s"]
            clock = "not known" if offset_s is None else f"{round(offset_s, 1) + 0.0:+,.1f} s"  # no -0.0
            missing = f"{told['missing_h']:,.1f} h" if told["gaps"] else ""
            counts = (told[name] for name in ("asked", "pulled", "refused"))
            yield (cut(device["source"]), clock, told["clock_set"], told["gaps"], missing, *counts)


def _room(spool: dict[str, Any]) -> str:
    """How long the line may be away from now on before readings are lost."""
    room_h = spool.get("room_h")
    if room_h is None:
        return "nobody knows yet how many more fit"
    return f"{room_h:,.1f} h more fit" if room_h < 48 else f"{room_h / 24:,.0f} days more fit"


def _clock(clock: dict[str, Any] | None) -> str:
    if clock is None or clock["ahead_s"] is None:
        return "not compared with the cloud's within ten minutes"
    way = "ahead of" if clock["ahead_s"] >= 0 else "behind"
    ahead, uncertain = _precise(abs(clock["ahead_s"])), _precise(clock["uncertain_s"])
    return f"{ahead} {way} the cloud's, give or take {uncertain} ({span(clock['compared_s'])} ago)"


def _precise(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"
