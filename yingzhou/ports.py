"""Which ports ``up`` uses: those that were asked for, those of last time, or free ones."""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from protocols.vocabulary import ConfigError
from simulators.document import CAMERAS
from simulators.layout import Wire


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens; kept in the folder, so that a second start finds the same."""

    api: int
    mqtt: int
    hj212: int
    sl651: int
    coap: int
    lwm2m: int
    lines: Mapping[Wire, tuple[int, ...]]
    """Wire -> a port for each of its servers or lines."""
    cameras: tuple[int, ...] = ()


def choose(path: Path, *, api: int, mqtt: int, lines: Mapping[Wire, int]) -> Ports:
    """As last time where nothing was asked for; written down in ``path``.

    :param api: the port that the user asked for; 0: any.
    :param lines: how many servers or lines each wire has.
    :raises ConfigError: a port that was asked for is taken.
    """
    last = _last(path)
    check_free(api=api, mqtt=mqtt)
    ports = Ports(
        api=api or _free(last.get("api", 0)),
        mqtt=mqtt or _free(last.get("mqtt", 0)),
        hj212=_free(last.get("hj212", 0)),
        sl651=_free(last.get("sl651", 0)),
        coap=_free(last.get("coap", 0), socket.SOCK_DGRAM),
        lwm2m=_free(last.get("lwm2m", 0), socket.SOCK_DGRAM),
        cameras=_line_ports(last.get("cameras", ()), len(CAMERAS)),
        lines={wire: _line_ports(last.get("lines", {}).get(wire, ()), count) for wire, count in lines.items()},
    )
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(ports)))
    draft.replace(path)
    return ports


def check_free(*, api: int, mqtt: int) -> None:
    """Whether the ports that the user asked for can be had; 0: any.

    :raises ConfigError: one is taken.
    """
    for option, asked in (("--port", api), ("--mqtt-port", mqtt)):
        if asked and not _is_free(asked, socket.SOCK_STREAM):
            raise ConfigError(f"{option} {asked}: something listens there already; choose another, or 0 for any")


def _line_ports(last: Sequence[int], count: int) -> tuple[int, ...]:
    return tuple(_free(last[number] if number < len(last) else 0) for number in range(count))


def _last(path: Path) -> dict[str, Any]:
    """Those of last time; none when nobody can tell any more, which is no reason not to start."""
    try:
        found = json.loads(path.read_text())
        numbers = [found[name] for name in ("api", "mqtt", "hj212", "coap")]
        numbers += [found.get(name, 1) for name in ("sl651", "lwm2m")]  # an older release has none
        numbers += found.get("cameras", [])
        numbers += [port for ports in found.get("lines", {}).values() for port in ports]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    known: dict[str, Any] = found
    return known if all(isinstance(number, int) and 0 < number <= 65_535 for number in numbers) else {}


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """That port when it is free, any other one when not."""
    if port and _is_free(port, kind):
        return port
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
