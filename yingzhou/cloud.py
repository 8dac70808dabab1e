"""``yingzhou cloud``: broker, ingest, store, registry, alarms, API and console in one process."""

import argparse
from pathlib import Path

from cloud.config import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``yingzhou cloud -c FILE``."""
    parser.add_argument("-c", "--config", type=Path, required=True, help="cloud.toml")
    parser.add_argument("--role", choices=("all", "ingest", "api"), help="instead of what the file says: process.role")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")


def run(args: argparse.Namespace) -> int:
    """0 when it was stopped.

    :raises ConfigError: the configuration is wrong, or a port is taken.
    """
    config = load(args.config, role=args.role)
    from cloud.process import CloudProcess  # noqa: PLC0415 - --help needs none of it
    from protocols.vocabulary import SystemClock  # noqa: PLC0415
    from yingzhou.running import run_until_stopped  # noqa: PLC0415

    def serving(address: str, ticket: str) -> None:
        print(f"API      {address}/docs")
        print(f"console  {address}/login?ticket={ticket}", flush=True)

    return run_until_stopped(CloudProcess(config, SystemClock()).run(serving), verbose=args.verbose)
