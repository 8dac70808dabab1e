"""A layout written down as island.toml."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from simulators.layout import PER_LINE, NeuronPlan, Wire

_SECTIONS: Final[Mapping[Wire, str]] = {
    "modbus-tcp": "modbus",
    "modbus-rtu-tcp": "modbus_line",
    "meter-tcp": "meter_line",
}


class CameraPost(NamedTuple):
    """Where a camera of the island stands."""

    name: str
    location: tuple[float, float]
    """Longitude, latitude."""
    wetland: str
    serial: str


CAMERAS: Final = (
    CameraPost("dongtan-camera", (121.94, 31.52), "东滩湿地", "YZCAMERA01"),  # the eastern end
    CameraPost("xisha-camera", (121.23, 31.73), "西沙湿地", "YZCAMERA02"),  # the western end
    CameraPost("qingcaosha-camera", (121.66, 31.46), "青草沙水库", "YZCAMERA03"),  # a reservoir beside Changxing
)
EDGE_OF_CELL: Final = 0.1
"""Share of the datagrams that every third lamp loses, each way; every fourth never sleeps."""
TomlValue = str | int | float | Sequence[str] | tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Where the wires of the island end."""

    lines: Mapping[Wire, Sequence[int]]
    """Of every wire that devices share, a port for each server or line of the layout: n listens on the n-th."""
    hj212_port: int
    """Where stations dial in."""
    sl651_port: int
    """Where hydrological stations dial in."""
    coap_port: int
    """Where nodes post to."""
    lwm2m_port: int
    """Where lamps register."""
    camera_ports: Sequence[int] = ()
    """Where the cameras listen, in the order of ``CAMERAS``; for those beyond there is none."""
    host: str = "127.0.0.1"
    hj212_period_s: float = 60.0
    coap_period_s: float = 300.0
    lwm2m_period_s: float = 300.0
    sl651_period_s: float = 300.0


def island_toml(
    plans: Sequence[NeuronPlan], wiring: Wiring, *, seed: int = 1, speed: float = 1.0, truth: Path | None = None
) -> str:
    """The text of an island.toml that :func:`simulators.config.load` takes.

    :raises ValueError: the layout has more servers or lines than there are ports.
    """
    head: list[tuple[str, TomlValue]] = [("seed", seed), ("speed", float(speed))]
    if truth is not None:
        head.append(("truth", str(truth)))
    parts = [_pairs(head)]
    for wire in PER_LINE:
        parts += _lines(wire, [plan for plan in plans if plan.wire == wire], wiring)
    parts += [_station(plan, wiring) for plan in plans if plan.wire == "hj212-tcp"]
    parts += [_hydrological(plan, wiring) for plan in plans if plan.wire == "sl651-tcp"]
    parts += [_node(plan, wiring) for plan in plans if plan.wire == "coap"]
    parts += [_lamp(plan, wiring) for plan in plans if plan.wire == "lwm2m"]
    parts += [_camera(post, wiring.host, port) for post, port in zip(CAMERAS, wiring.camera_ports, strict=False)]
    return "\n".join(parts)


def _camera(post: CameraPost, host: str, port: int) -> str:
    """It is always noon there: at night nobody would see what it is for."""
    pairs: list[tuple[str, TomlValue]] = [("name", post.name), ("location", post.location), ("daylight", 1.0)]
    return _table("[[camera]]", [("host", host), ("port", port), *pairs])


def _lines(wire: Wire, plans: Sequence[NeuronPlan], wiring: Wiring) -> Iterator[str]:
    section, ports = _SECTIONS[wire], wiring.lines.get(wire, ())
    for server in sorted({plan.server or 0 for plan in plans}):
        if server >= len(ports):
            raise ValueError(f"{server + 1} lines of {wire}, {len(ports)} ports")
        yield _table(f"[[{section}]]", [("host", wiring.host), ("port", ports[server])])
        for plan in plans:
            if plan.server == server:
                yield _meter(plan) if wire == "meter-tcp" else _unit(section, plan)


def _unit(section: str, plan: NeuronPlan) -> str:
    own: list[tuple[str, TomlValue]] = [("unit", plan.unit or 0), ("kind", plan.form), ("hardware", str(plan.hardware))]
    return _table(f"[[{section}.unit]]", [*own, *_common(plan)])


def _meter(plan: NeuronPlan) -> str:
    return _table("[[meter_line.meter]]", [("kind", plan.form), ("address", plan.hardware.value), *_common(plan)])


def _lamp(plan: NeuronPlan, wiring: Wiring) -> str:
    wire: list[tuple[str, TomlValue]] = [("host", wiring.host), ("port", wiring.lwm2m_port)]
    radio: list[tuple[str, TomlValue]] = [("period_s", float(wiring.lwm2m_period_s))]
    if plan.number % 4 == 0:
        radio.append(("queue_mode", False))
    if plan.number % 3 == 0:
        radio += [("loss", EDGE_OF_CELL), ("ack_timeout_s", 2.0)]
    return _table("[[lwm2m]]", [("endpoint", f"urn:{plan.hardware}"), *wire, *radio, *_common(plan)])


def _station(plan: NeuronPlan, wiring: Wiring) -> str:
    wire: list[tuple[str, TomlValue]] = [("host", wiring.host), ("port", wiring.hj212_port)]
    period = ("period_s", float(wiring.hj212_period_s))
    return _table("[[hj212]]", [("kind", plan.form), ("mn", plan.hardware.value), *wire, period, *_common(plan)])


def _hydrological(plan: NeuronPlan, wiring: Wiring) -> str:
    wire: list[tuple[str, TomlValue]] = [("host", wiring.host), ("port", wiring.sl651_port)]
    period = ("period_s", float(wiring.sl651_period_s))
    return _table("[[sl651]]", [("kind", plan.form), ("station", plan.hardware.value), *wire, period, *_common(plan)])


def _node(plan: NeuronPlan, wiring: Wiring) -> str:
    wire: list[tuple[str, TomlValue]] = [("host", wiring.host), ("port", wiring.coap_port)]
    period = ("period_s", float(wiring.coap_period_s))
    own: list[tuple[str, TomlValue]] = [("hardware", str(plan.hardware)), ("observed", plan.observed)]
    return _table("[[coap]]", [*own, *wire, period, *_common(plan)])


def _common(plan: NeuronPlan) -> list[tuple[str, TomlValue]]:
    return [("name", plan.device), ("location", (plan.longitude, plan.latitude))]


def _table(header: str, pairs: Iterable[tuple[str, TomlValue]]) -> str:
    return f"{header}\n{_pairs(pairs)}"


def _pairs(pairs: Iterable[tuple[str, TomlValue]]) -> str:
    """JSON's texts, numbers and arrays are TOML's, too."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in pairs)
