"""What only one section of a configuration may have: names, ports, lines, addresses; and what it reads from where."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final, Literal, NamedTuple

from edge.quality.config import CheckRow
from edge.section import Keys
from firmware_adapters.rows import RegisterRow

LISTENS: Final[Mapping[str, Literal["TCP", "UDP"]]] = {
    "hj212-tcp": "TCP",
    "sl651-tcp": "TCP",
    "sl651-udp": "UDP",
    "coap": "UDP",
    "lwm2m": "UDP",
}
"""The kinds of links whose ``host`` and ``port`` are their own."""
DIALS: Final = ("modbus-tcp", "modbus-rtu-tcp", "meter-tcp", "hj212-serial-tcp")
"""Those whose ``host`` and ``port`` are a device's, which serves one of us."""
SERIAL: Final = ("modbus-rtu", "meter-serial", "hj212-serial")
"""Those that own a serial port, ``path``."""
EVERYWHERE: Final[Mapping[str, tuple[str, str]]] = {
    "hj212-tcp": ("MN", "mn"),
    "hj212-serial": ("MN", "mn"),
    "hj212-serial-tcp": ("MN", "mn"),
    "sl651-tcp": ("SL 651 station", "station"),
    "sl651-udp": ("SL 651 station", "station"),
    "camera": ("camera", "neuron"),
}
"""By which key a device of these kinds is known, on whatever link."""
ON_ITS_LINK: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "meter-serial": (("address on this line", "address"),),
    "meter-tcp": (("address on this line", "address"),),
    "lwm2m": (("endpoint", "endpoint"), ("neuron", "source")),
}
"""Likewise where another link may have the same."""
_LOCAL: Final = {"localhost": "127.0.0.1"}
_WHOLE: Final = 0xFFFF


class Clash(NamedTuple):
    """A place that does not go together with an earlier one."""

    keys: Keys
    found: object
    says: str
    beside: Keys
    rests: tuple[Keys, ...] = ()
    """What else it would not be without."""


class _Claim(NamedTuple):
    what: str
    value: Hashable
    keys: Keys
    found: object
    rests: tuple[Keys, ...] = ()


def clashes(config: Any) -> Iterator[Clash]:
    """All of them.

    :param config: with ``health``, ``link``, ``rule`` and ``lights``.
    """
    first: dict[tuple[str, Hashable], _Claim] = {}
    for claim in _claims(config):
        known = first.setdefault((claim.what, claim.value), claim)
        if known is not claim:
            rests = (known.keys, *known.rests, *claim.rests)
            yield Clash(claim.keys, claim.found, f"{claim.what} given already", known.keys, rests)
    yield from _ports(config)
    yield from _series(config)
    for at, link in enumerate(config.link):
        if link.kind.startswith("modbus-"):
            yield from _units(at, link)
    for source, row, says in config.figures().contradictions():
        yield Clash(_place_of(config, source, row), {}, says, ())


def _claims(config: Any) -> Iterator[_Claim]:
    for section, what in (("link", "link name"), ("rule", "rule"), ("lights", "lights")):
        for at, one in enumerate(getattr(config, section)):
            yield _Claim(what, one.name, (section, at, "name"), one.name)
    for at, link in enumerate(config.link):
        here: Keys = ("link", at)
        if link.kind in DIALS:
            reached = f"{link.host}:{link.port}"
            yield _Claim("connection", reached, (*here, "host"), reached, ((*here, "port"),))
        elif link.kind in SERIAL:
            yield _Claim("serial line", link.path, (*here, "path"), link.path)
        for number, device in enumerate(getattr(link, "device", ())):
            there: Keys = (*here, "device", number)
            if link.kind in EVERYWHERE:
                what, key = EVERYWHERE[link.kind]
                yield _Claim(what, getattr(device, key), (*there, key), getattr(device, key))
            for what, key in ON_ITS_LINK.get(link.kind, ()):
                value = getattr(device, key)
                yield _Claim(what, (at, value), (*there, "neuron" if key == "source" else key), value)


def _ports(config: Any) -> Iterator[Clash]:
    """Listeners of one port; 0 is a free one.

    Every host overlaps with 0.0.0.0 and with ::, a name with itself only: the gateway knows what it stands for.
    """
    taken: dict[tuple[str, int], list[tuple[str, Keys]]] = {}
    wanted: list[tuple[str, int, str, Keys]] = []
    if config.health.metrics_port:
        wanted.append(("TCP", config.health.metrics_port, "127.0.0.1", ("health", "metrics_port")))
    wanted += [
        (LISTENS[link.kind], link.port, link.host, ("link", at, "port"))
        for at, link in enumerate(config.link)
        if link.kind in LISTENS and link.port
    ]
    for protocol, port, host, keys in wanted:
        others = taken.setdefault((protocol, port), [])
        for other, where in others:
            if _overlap(host, other):
                rests = (where, (*where[:-1], "host"), (*keys[:-1], "host"))
                yield Clash(keys, port, f"{protocol} port taken already, on {other}", where, rests)
                break
        others.append((host, keys))


def _overlap(one: str, other: str) -> bool:
    first, second = _address(one), _address(other)
    return first == second or any(not isinstance(a, str) and a.is_unspecified for a in (first, second))


def _address(host: str) -> IPv4Address | IPv6Address | str:
    try:
        address = ip_address(_LOCAL.get(host.lower(), host))
    except ValueError:
        return host.lower()
    return getattr(address, "ipv4_mapped", None) or address


def _series(config: Any) -> Iterator[Clash]:
    """Two devices may be parts of one source, but nobody could tell whose a reading of both is."""
    known: dict[tuple[str, str], Keys] = {}
    for at, link in enumerate(config.link):
        for number, device in enumerate(getattr(link, "device", ())):
            if hasattr(device, "register_model"):
                keys: Keys = ("link", at, "device", number, "neuron")
                series = {(device.source, row.series) for row in device.register_model().rows}
                both = known.keys() & series
                if both:
                    source, name = first = min(both)
                    says = f"{source}/{name} is read from two devices; give one of them a channel"
                    yield Clash(keys, device.source, says, known[first], (known[first],))
                known |= dict.fromkeys(series - both, keys)


def _units(at: int, link: Any) -> Iterator[Clash]:
    """Devices with one unit identifier on one link are one device on the wire.

    That is how the inputs of one module belong to eight neurons, or how its fast registers have a period of their own:
    each section reads registers (or bits of one) that the others do not read. Where two read the same, one answer
    would be told as the measurement of two: a section was copied, or the identifier left at 1.
    """
    units: dict[int, list[tuple[int, dict[tuple[str, int], int]]]] = {}
    devices_of = Counter(device.unit for device in link.device)
    for number, device in enumerate(link.device):
        if devices_of[device.unit] == 1:
            continue
        cells = _cells(device.register_model().rows)
        keys: Keys = ("link", at, "device", number, "unit")
        for earlier, others in units.setdefault(device.unit, []):
            if both := [cell for cell, bits in cells.items() if bits & others.get(cell, 0)]:
                table, address = min(both)
                where: Keys = ("link", at, "device", earlier, "unit")
                says = f"unit whose {table} {address} another device reads already"
                yield Clash(keys, device.unit, says, where, (where,))
                break
        units[device.unit].append((number, cells))


def _cells(rows: tuple[RegisterRow, ...]) -> dict[tuple[str, int], int]:
    """(table, address) -> which of its bits are read."""
    cells: dict[tuple[str, int], int] = {}
    for row in rows:
        one_register = row.kind == "bits" and row.registers == 1
        bits = ((1 << row.width) - 1) << row.low_bit if one_register else _WHOLE
        for address in range(row.address, row.end):
            cells[row.table, address] = cells.get((row.table, address), 0) | bits
    return cells


def _place_of(config: Any, source: str, row: CheckRow) -> Keys:
    """Where a row of checks stands; one of a model's has no place of its own but the device's."""
    for at, one in enumerate(config.quality.checks):
        if one is row:
            return "quality", "checks", at
    devices = [
        (("link", at, "device", number), device)
        for at, link in enumerate(config.link)
        for number, device in enumerate(getattr(link, "device", ()))
        if device.source == source
    ]
    for keys, device in devices:
        for number, one in enumerate(device.checks):
            if one is row:
                return (*keys, "checks", number)
    return devices[0][0]
