"""Which neuron a wish means: a twin's by its bindings of now, and the gateway that speaks for it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import Connection, or_, select

from cloud.registry.errors import Invalid
from cloud.registry.schema import BINDING, DATASTREAM, GATEWAY, NEURON, TWIN
from cloud.registry.selection import Selection
from protocols.vocabulary import TwinId, series_name

Name = TypeVar("Name")

_AT_ONCE: Final = 500
"""Names in one question."""


class Target(NamedTuple):
    """A neuron that can be commanded."""

    neuron: str
    gateway: str
    twin: str | None = None
    """The code of the twin whose wish it is."""


class NoTarget(NamedTuple):
    """Why nothing can be commanded."""

    reason: str


def of_twins(
    tx: Connection, twins: Sequence[TwinId], series: Iterable[str], now_ms: int, scope: frozenset[str] = frozenset()
) -> dict[TwinId, Target | NoTarget]:
    """For each twin the one neuron that is bound to it now and has all these series.

    :param series: ``lamp_level`` or ``lamp_level/2``.
    :param scope: the asker's towns: twins and neurons elsewhere do not exist for him.
    """
    wanted = set(series)
    found: dict[TwinId, Target | NoTarget] = {}
    for part in _parts(twins):
        codes = [twin.code for twin in part]
        there = set(tx.scalars(select(TWIN.c.code).where(TWIN.c.code.in_(codes), *Selection(scope).conditions(TWIN))))
        bound = (
            select(BINDING.c.twin, NEURON.c.id)
            .join(NEURON, NEURON.c.id == BINDING.c.neuron)
            .where(BINDING.c.twin.in_(codes), BINDING.c.from_ms <= now_ms)
            .where(or_(BINDING.c.to_ms.is_(None), BINDING.c.to_ms > now_ms), *Selection(scope).conditions(NEURON))
        )
        watching: dict[str, set[str]] = {}
        for code, neuron in tx.execute(bound):
            watching.setdefault(code, set()).add(neuron)
        targets = of_neurons(tx, sorted({neuron for some in watching.values() for neuron in some}), wanted, scope)
        for twin in part:
            if twin.code not in there:
                found[twin] = NoTarget(f"no twin {twin}")
            else:
                found[twin] = _chosen(twin, [targets[neuron] for neuron in watching.get(twin.code, ())], wanted)
    return found


def of_neurons(
    tx: Connection, neurons: Sequence[str], series: Iterable[str], scope: frozenset[str] = frozenset()
) -> dict[str, Target | NoTarget]:
    """Each neuron, if it has all these series and a gateway with credentials."""
    wanted = set(series)
    found: dict[str, Target | NoTarget] = {}
    for part in _parts(neurons):
        question = (
            select(NEURON.c.id, NEURON.c.gateway, GATEWAY.c.credential_version)
            .outerjoin(GATEWAY, GATEWAY.c.id == NEURON.c.gateway)
            .where(NEURON.c.id.in_(part), *Selection(scope).conditions(NEURON))
        )
        gateways = {row.id: (row.gateway, row.credential_version) for row in tx.execute(question)}
        has: dict[str, set[str]] = {}
        for neuron, observed, channel in tx.execute(
            select(DATASTREAM.c.neuron, DATASTREAM.c.observed, DATASTREAM.c.channel).where(
                DATASTREAM.c.neuron.in_(part)
            )
        ):
            has.setdefault(neuron, set()).add(series_name(observed, channel))
        for neuron in part:
            found[neuron] = _target(neuron, gateways.get(neuron), wanted - has.get(neuron, set()))
    return found


def only(found: Target | NoTarget, field: str = "") -> Target:
    """The target.

    :raises Invalid: there is none.
    """
    if isinstance(found, NoTarget):
        raise Invalid(found.reason, field)
    return found


def _target(neuron: str, gateway: tuple[str | None, int | None] | None, missing: set[str]) -> Target | NoTarget:
    if gateway is None:
        return NoTarget(f"no neuron {neuron:.40}")
    if missing:
        return NoTarget(f"neuron {neuron} has no {', '.join(sorted(missing))}")
    name, version = gateway
    if name is None:
        return NoTarget(f"neuron {neuron} speaks through no gateway")
    if not version:
        return NoTarget(f"gateway {name} has no credentials yet")
    return Target(neuron, name)


def _chosen(twin: TwinId, candidates: Sequence[Target | NoTarget], wanted: set[str]) -> Target | NoTarget:
    fit = [one for one in candidates if isinstance(one, Target)]
    if len(fit) == 1:
        return fit[0]._replace(twin=twin.code)
    if fit:
        names = ", ".join(one.neuron for one in fit)
        return NoTarget(f"several neurons of twin {twin} have that: {names}; command one of them")
    if len(candidates) == 1 and isinstance(candidates[0], NoTarget):
        return candidates[0]
    return NoTarget(f"no neuron that is bound to twin {twin} now has {', '.join(sorted(wanted))}")


def _parts(names: Sequence[Name]) -> Iterator[Sequence[Name]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]
