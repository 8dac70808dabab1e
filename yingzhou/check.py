"""``yingzhou check FILE``: is a configuration right? Exit 2 and file:line and key when not."""

import argparse
import json
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from protocols.vocabulary import ConfigError

KINDS: Final = {"gateway": "edge.config", "cloud": "cloud.config", "island": "simulators.config"}

WARNS: Final = {"gateway": "edge.unlisted"}
"""What says of a file that is right what is odd in it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``yingzhou check [--kind KIND] FILE``."""
    parser.add_argument("file", type=Path, help="gateway.toml, cloud.toml or island.toml")
    parser.add_argument(
        "--kind", choices=sorted(KINDS), help="what the file is for; guessed from its sections otherwise"
    )
    parser.add_argument(
        "--secrets", action="store_true", help="gateway.toml: open the files of keys and passwords, too"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when it is right, perhaps with warnings; 2 when not: each with file:line and key, on a line of its own."""
    kind = args.kind or _guess(args.file)
    load = cast("Callable[[Path], Any]", import_module(KINDS[kind]).load)
    try:
        config = load(args.file)
        if args.secrets and kind == "gateway":
            import_module("edge.secrets").check_secrets(args.file, config)
    except ConfigError as error:
        faults = str(error).splitlines()
        if args.json:
            print(json.dumps({"ok": False, "kind": kind, "errors": faults}))
        else:
            print("\n".join(faults), file=sys.stderr)
        return 2
    warnings: list[str] = import_module(WARNS[kind]).warnings(args.file, config) if kind in WARNS else []
    if args.json:
        print(json.dumps({"ok": True, "kind": kind, "warnings": warnings}))
    else:
        if warnings:
            print("\n".join(warnings), file=sys.stderr)
        print(f"{args.file}: right, for {kind}")
    return 0


def _guess(path: Path) -> str:
    """By what only one of the kinds has; an unreadable file is left to the edge's loader, which says why.

    :raises ConfigError: nothing is in it.
    """
    try:
        keys = set(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return "gateway"
    if not keys:
        raise ConfigError(f"{path}: nothing is in it; say what it is for: --kind {'|'.join(sorted(KINDS))}")
    if keys & {"gateway", "uplink", "link", "spool", "health"}:
        return "gateway"
    return "island" if keys & {"seed", "speed", "modbus", "hj212", "coap", "lwm2m", "meter_line", "truth"} else "cloud"
