"""``yingzhou edge``: run the agent of a gateway, or look at one that runs."""

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

from edge.config import EdgeConfig, load
from protocols.vocabulary import ConfigError, SystemClock
from yingzhou.grid import grid

QUALITIES: Final = ("pass", "not_evaluated", "suspect", "fail", "missing")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``yingzhou edge [status|spool] -c FILE``."""
    parser.add_argument("what", nargs="?", choices=("run", "status", "spool"), default="run", help="default: run")
    parser.add_argument("-c", "--config", type=Path, required=True, help="gateway.toml")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")


def run(args: argparse.Namespace) -> int:
    """0 done; 1 the agent does not run; 2 the configuration is wrong."""
    config = load(args.config)
    if args.what == "run":
        return _run(args.config, verbose=args.verbose)
    status = _status(config)
    if args.json:
        print(json.dumps(status if args.what == "status" else status["spool"]))
    elif args.what == "status":
        _print_status(status)
    else:
        print(grid([(key, value) for key, value in status["spool"].items()], ("spool", "value")))
    return 0 if time.time() * 1000 - status["at_ms"] < 15_000 else 1


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


def _status(config: EdgeConfig) -> dict[str, Any]:
    path = config.gateway.data / "status.json"
    try:
        status: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: no agent has written its status there ({error})") from error
    return status


def _print_status(status: dict[str, Any]) -> None:
    uplink, spool = status["uplink"], status["spool"]
    age_s = time.time() - status["at_ms"] / 1000
    print(f"gateway {status['gateway']}, process {status['process']}, {age_s:.0f} s ago")
    line = "connected" if uplink["connected"] else "away"
    print(f"uplink  {line}, {uplink['in_flight']} in flight, {uplink['resent']} resent")
    waits = "nothing waits" if spool["oldest_h"] is None else f"oldest {spool['oldest_h']:.2f} h"
    print(f"spool   {spool['bytes']:,} bytes, {spool['share']:.1%} of its bound, {waits}")
    if commands := status.get("commands"):
        told = ", ".join(f"{commands[name]} {name}" for name in ("applied", "failed", "refused", "expired", "waiting"))
        print(f"orders  {told}")
    if (config := status.get("config")) and config["version"] is not None:
        print(f"config  version {config['version']} from afar{', on trial' if config['on_trial'] else ''}")
    for line in _findings(status):
        print(line)
    rows = [
        (link["name"], device["source"], device["state"], _ago(status, device), device["readings"], _errors(device))
        for link in status["links"]
        for device in link["devices"]
    ]
    print(grid(rows, ("link", "device", "state", "seen", "readings", "errors")))
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
            clock = "not known" if offset_s is None else f"{offset_s:+,.1f} s"
            missing = f"{told['missing_h']:,.1f} h" if told["gaps"] else ""
            counts = (told[name] for name in ("asked", "pulled", "refused"))
            yield (device["source"], clock, told["clock_set"], told["gaps"], missing, *counts)


def _ago(status: dict[str, Any], device: dict[str, Any]) -> str:
    seen_ms = device["last_seen_ms"]
    return "never" if seen_ms is None else f"{(status['at_ms'] - seen_ms) / 1000:.0f} s before"


def _errors(device: dict[str, Any]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in device["errors"].items())
