"""A layout written down as island.toml."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulators.layout import NeuronPlan

TomlValue = str | int | float | Sequence[str] | tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Where the wires of the island end."""

    modbus_ports: Sequence[int]
    """One for every server of the layout: server n listens on the n-th."""
    hj212_port: int
    """Where stations dial in."""
    sl651_port: int
    """Where hydrological stations dial in."""
    coap_port: int
    """Where nodes post to."""
    host: str = "127.0.0.1"
    hj212_period_s: float = 60.0
    coap_period_s: float = 300.0
    sl651_period_s: float = 300.0


def island_toml(
    plans: Sequence[NeuronPlan], wiring: Wiring, *, seed: int = 1, speed: float = 1.0, truth: Path | None = None
) -> str:
    """The text of an island.toml that :func:`simulators.config.load` takes.

    :raises ValueError: the layout has more Modbus servers than there are ports.
    """
    servers = sorted({plan.server for plan in plans if plan.server is not None})
    if servers and servers[-1] >= len(wiring.modbus_ports):
        raise ValueError(f"{servers[-1] + 1} Modbus servers, {len(wiring.modbus_ports)} ports")
    head: list[tuple[str, TomlValue]] = [("seed", seed), ("speed", float(speed))]
    if truth is not None:
        head.append(("truth", str(truth)))
    parts = [_pairs(head)]
    for server in servers:
        parts.append(_table("[[modbus]]", [("host", wiring.host), ("port", wiring.modbus_ports[server])]))
        parts += [_unit(plan) for plan in plans if plan.server == server]
    parts += [_station(plan, wiring) for plan in plans if plan.wire == "hj212-tcp"]
    parts += [_hydrological(plan, wiring) for plan in plans if plan.wire == "sl651-tcp"]
    parts += [_node(plan, wiring) for plan in plans if plan.wire == "coap"]
    return "\n".join(parts)


def _unit(plan: NeuronPlan) -> str:
    return _table(
        "[[modbus.unit]]",
        [("unit", plan.unit or 0), ("kind", plan.form), ("hardware", str(plan.hardware)), *_common(plan)],
    )


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
