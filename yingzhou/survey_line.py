"""Which line ``yingzhou edge scan`` and ``probe`` ask: out of a gateway.toml, or out of options."""

import argparse
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from protocols.vocabulary import ConfigError

if TYPE_CHECKING:
    from edge.survey.way import Way

_PLACE: Final = re.compile(r"(\[[^\]]+\]|[^:]+):(\d{1,5})")
_PARITIES: Final = ("none", "even", "odd")


def add_line(parser: argparse.ArgumentParser, *, several: bool) -> None:
    """The options that say which line.

    :param several: whether several settings may be tried, one after the other.
    """
    more = ", or several, by commas" if several else ""
    group = parser.add_argument_group("which line", "one of -c, --port, --tcp, --modbus-tcp")
    group.add_argument(
        "-c", "--config", type=Path, default=argparse.SUPPRESS, help="gateway.toml; its agent must not run meanwhile"
    )
    group.add_argument("--link", metavar="NAME", help="of the file, where it has more than one line")
    group.add_argument("--port", metavar="PATH", help="serial port, /dev/ttyUSB0")
    group.add_argument("--tcp", metavar="HOST:PORT", help="serial server that hands bytes on as they are")
    group.add_argument("--modbus-tcp", metavar="HOST:PORT", help="Modbus TCP device or gateway")
    group.add_argument("--baud", help=f"of --port{more} (default: 9600)")
    group.add_argument("--parity", help=f"of --port: none, even or odd{more} (default: none)")
    group.add_argument("--stop-bits", type=int, choices=(1, 2), help="of --port (default: 1)")


def ways(args: argparse.Namespace) -> list["Way"]:
    """The lines to ask, each with its settings.

    :raises ConfigError: none or more than one is told; a setting is none.
    """
    given = [name for name in ("config", "port", "tcp", "modbus_tcp") if getattr(args, name, None) is not None]
    if len(given) != 1:
        raise ConfigError("expected one of -c FILE, --port PATH, --tcp HOST:PORT, --modbus-tcp HOST:PORT")
    if given != ["port"] and any((args.baud, args.parity, args.stop_bits)):
        raise ConfigError("--baud, --parity and --stop-bits go with --port")
    if given != ["config"] and args.link:
        raise ConfigError("--link goes with -c")
    if given == ["config"]:
        return [_configured(args.config, args.link)]
    return list(_serial_ports(args)) if given == ["port"] else [_server(args)]


def _configured(path: Path, name: str | None) -> "Way":
    from edge.config import load  # noqa: PLC0415 - --help needs none of it
    from edge.survey.way import way_of  # noqa: PLC0415

    found = {link.name: way for link in load(path).link if (way := way_of(link)) is not None}
    if name is not None and name not in found:
        raise ConfigError(f"{path}: --link {name}: expected one of {', '.join(found) or 'none: no line is asked here'}")
    if name is None and len(found) != 1:
        raise ConfigError(f"{path}: --link: expected one of {', '.join(found) or 'none: no line is asked here'}")
    return found[name] if name is not None else next(iter(found.values()))


def _serial_ports(args: argparse.Namespace) -> Iterator["Way"]:
    from edge.lines.config import SerialPortSection  # noqa: PLC0415
    from edge.survey.way import Way  # noqa: PLC0415

    for baud, parity in product((args.baud or "9600").split(","), (args.parity or "none").split(",")):
        if parity not in _PARITIES:
            raise ConfigError(f"--parity {parity}: expected {', '.join(_PARITIES)}")
        if not (baud.isascii() and baud.isdecimal() and 50 <= int(baud) <= 4_000_000):
            raise ConfigError(f"--baud {baud}: expected 50 to 4000000")
        if not args.port.startswith("/"):
            raise ConfigError(f"--port {args.port}: expected a path such as /dev/ttyUSB0")
        settings = {"path": args.port, "baud": int(baud), "parity": parity, "stop_bits": args.stop_bits or 1}
        section = _checked(SerialPortSection, "--port", settings)
        yield Way(f"{args.port} at {section.bits}", section)


def _server(args: argparse.Namespace) -> "Way":
    from edge.lines.config import SerialServerSection  # noqa: PLC0415
    from edge.survey.way import TcpWay, Way  # noqa: PLC0415

    option, text = ("--tcp", args.tcp) if args.tcp is not None else ("--modbus-tcp", args.modbus_tcp)
    place = _PLACE.fullmatch(text)
    if place is None or not 1 <= int(place[2]) <= 65_535:
        raise ConfigError(f"{option} {text}: expected HOST:PORT, such as 192.168.1.20:4001")
    host, port = place[1].strip("[]"), int(place[2])
    if option == "--modbus-tcp":
        return Way(text, TcpWay(host, port))
    return Way(text, _checked(SerialServerSection, option, {"host": host, "port": port}))


def _checked(section: Any, option: str, settings: dict[str, Any]) -> Any:
    try:
        return section(**settings)
    except ValueError as error:
        raise ConfigError(f"{option}: {' '.join(str(error).split())}") from None
