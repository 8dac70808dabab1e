"""``yingzhou island``: run the simulated devices of an island.toml."""

import argparse
from pathlib import Path

from protocols.vocabulary import ConfigError, SystemClock
from simulators.config import IslandConfig, load
from simulators.scenarios import described, known_scenario


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``yingzhou island -c FILE``."""
    parser.add_argument("-c", "--config", type=Path, required=True, help="island.toml")
    parser.add_argument("--scenario", metavar="NAME", help=f"in place of the file's. {described()}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")


def run(args: argparse.Namespace) -> int:
    """0 when it was stopped.

    :raises ConfigError: the configuration is wrong, a port is taken, or the truth file cannot be written.
    """
    config = load(args.config)
    if args.scenario is not None:
        try:
            config = config.model_copy(update={"scenario": known_scenario(args.scenario)})
        except ValueError as error:
            raise ConfigError(f"--scenario: {error}") from None
    return _run(config, verbose=args.verbose)


def _run(config: IslandConfig, *, verbose: bool) -> int:
    from simulators.devices.modbus_tcp import ModbusServer  # noqa: PLC0415 - --help needs none of it
    from simulators.island import Island  # noqa: PLC0415
    from yingzhou.running import run_until_stopped  # noqa: PLC0415

    island = Island(config, SystemClock())

    def serving(servers: list[ModbusServer]) -> None:
        for server in servers:
            print(f"modbus-tcp  {server.host}:{server.port}  {len(server.units)} units")
        for line in island.lines:
            print(f"{line.wire.name:10}  {line.place}  {len(line.wire)} devices")
        for wire, entries in (("hj212-tcp", config.hj212), ("sl651", config.sl651), ("coap", config.coap)):
            for (host, port), count in _counted([(entry.host, entry.port) for entry in entries]).items():
                print(f"{wire:10}  to {host}:{port}  {count} devices")
        befalls = "" if config.scenario is None else f", scenario {config.scenario}"
        truth = "" if config.truth is None else f", truth in {config.truth}"
        print(f"island of seed {config.seed} at speed {config.speed:g}{befalls}{truth}: ready", flush=True)

    try:
        return run_until_stopped(island.run(serving), verbose=verbose)
    except OSError as error:
        raise ConfigError(str(error)) from error


def _counted(places: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
    return {place: places.count(place) for place in dict.fromkeys(places)}
