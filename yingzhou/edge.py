"""``yingzhou edge``: run the agent of a gateway, or look at one that runs."""

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from edge.config import load
from edge.status.file import STATUS_FILE
from protocols.vocabulary import ConfigError, SystemClock, YingzhouError
from yingzhou.grid import grid
from yingzhou.status_file import read_status
from yingzhou.status_text import status_lines, why_not
from yingzhou.survey import add_probe, add_scan, probe, scan


class Survey(NamedTuple):
    """A tool for whoever stands before a cabinet."""

    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    text: str


SURVEYS: Final = {
    "scan": Survey(add_scan, scan, "who answers on a line: Modbus units, addresses of meters"),
    "probe": Survey(add_probe, probe, "read a register, and try what its number may be"),
}
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
    """0 done; 1 no agent runs, or its status is 15 s old; 2 the configuration is wrong."""
    args.what = args.what or "run"  # argparse leaves what was not said as None
    if args.what in SURVEYS:
        return SURVEYS[args.what].run(args)
    if args.config is None:
        raise ConfigError("expected -c FILE, the gateway.toml")
    config = load(args.config)
    if args.what == "run":
        return _run(args.config, verbose=args.verbose)
    status = read_status(config.gateway.data)
    if status is None:
        if args.json:
            print(json.dumps({"running": False}))
            return 1
        raise YingzhouError(f"no agent has run here yet: there is no {config.gateway.data / STATUS_FILE}")
    if args.json:
        print(json.dumps(status if args.what == "status" else status["spool"]))
    elif args.what == "status":
        print(*status_lines(status), sep="\n")
    else:
        print(grid([(key, value) for key, value in status["spool"].items()], ("spool", "value")))
    if why := why_not(status):
        print(f"yingzhou edge: {why}", file=sys.stderr)
    return 1 if why else 0


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
