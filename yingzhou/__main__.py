"""The command line: ``yingzhou COMMAND``; each command is a module here, imported when it is asked for."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final, NamedTuple, NoReturn, Protocol, cast

DONE: Final = 0
BAD_INPUT: Final = 1
BAD_USAGE: Final = 2
INTERRUPTED: Final = 130


class CommandModule(Protocol):
    """What a module of this table has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int:
        """Do it; 0 done, 1 the input was bad. Raise ConfigError for 2."""
        ...


class Command(NamedTuple):
    """One row of the table."""

    module: str
    help: str


COMMANDS: Final[dict[str, Command]] = {
    "up": Command("yingzhou.up", "start everything with a simulated island, and show where to look"),
    "cloud": Command("yingzhou.cloud", "run the cloud: broker, ingest, store, registry, alarms, API, console"),
    "edge": Command("yingzhou.edge", "run a gateway's agent, or look at one that runs"),
    "island": Command("yingzhou.island", "run the simulated devices of an island.toml"),
    "backup": Command("yingzhou.backup", "copy a cloud's data, also while it runs"),
    "restore": Command("yingzhou.restore", "bring a backup back into an empty folder, or check one"),
    "check": Command("yingzhou.check", "is a configuration file right?"),
    "devices": Command("yingzhou.devices", "the device models that ship with us, and what their rows mean"),
    "decode": Command("yingzhou.decode", "what the bytes of a frame mean"),
    "twin": Command("yingzhou.twin", "check, label and mint twin identifiers"),
}


class _Version(argparse.Action):
    """Asks the installed distribution only when somebody wants to know."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version  # noqa: PLC0415  # 20 ms that --help does not need

        print(f"yingzhou {version('yingzhou')}")
        parser.exit()


def _parsers(wanted: str | None) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """All commands by name; only the wanted one is imported and knows its arguments. The whole, and the wanted one."""
    parser = argparse.ArgumentParser(prog="yingzhou", description="An edge-to-cloud sensor platform for a district.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_, text) in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text)
        if name == wanted:
            _module(name).add_arguments(sub)
    return parser, commands.choices.get(wanted or "", parser)


def _parsed(arguments: list[str], wanted: str | None) -> argparse.Namespace:
    """The arguments; words behind options go where a module's ``REST`` says, which argparse gives up on."""
    parser, command = _parsers(wanted)
    args, rest = parser.parse_known_args(arguments)
    if rest:
        name = getattr(_module(args.command), "REST", None)
        if name is None or any(word.startswith("-") and word != "-" for word in rest):
            command.error(f"unrecognized arguments: {' '.join(rest)}")
        setattr(args, name, [*getattr(args, name), *rest])
    return args


def _module(name: str) -> CommandModule:
    return cast("CommandModule", import_module(COMMANDS[name].module))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 done, 1 the input was bad, 2 usage or configuration."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    args = _parsed(arguments, wanted)
    from protocols.vocabulary.errors import ConfigError, YingzhouError  # noqa: PLC0415  # 50 ms that --help does not need

    try:
        code = _module(args.command).run(args)
        sys.stdout.flush()
    except ConfigError as error:
        return _failed(args.command, error, BAD_USAGE)
    except YingzhouError as error:
        return _failed(args.command, error, BAD_INPUT)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # who read our output went away; the interpreter's own flush at exit must not complain about it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    return code


def _failed(command: str, error: Exception, code: int) -> int:
    line = " ".join(str(error).split())
    print(f"yingzhou {command}: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
