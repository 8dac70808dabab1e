"""Rules: which readings are watched, and what makes an alarm of them."""

from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Connection, Row, insert, or_, select, update

from cloud.alarms.threshold import Threshold
from cloud.registry import revisions
from cloud.registry.errors import Invalid, NotFound
from cloud.registry.schema import NEURON, RULE
from cloud.registry.selection import Page

Priority = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A threshold on one observed property, of all neurons or of those that the filters name."""

    id: int
    name: str
    observed: str
    threshold: Threshold
    priority: Priority
    kind: str | None = None
    """Only neurons of this kind; None: all. As town and neuron: what is given must hold together."""
    town: str | None = None
    neuron: str | None = None
    enabled: bool = True
    created_ms: int = 0
    updated_ms: int = 0


def add(tx: Connection, rule: Rule, now_ms: int) -> Rule:
    """Keep a rule; ``rule.id`` is not looked at.

    :raises Invalid: its neuron does not exist.
    """
    revisions.bump(tx, revisions.ALARMS)
    values = {**_changeable(tx, rule), "created_ms": now_ms, "updated_ms": now_ms}
    return get(tx, tx.execute(insert(RULE).values(values).returning(RULE.c.id)).scalar_one())


def get(tx: Connection, number: int, scope: frozenset[str] = frozenset()) -> Rule:
    """One rule that was not retired.

    :raises NotFound: there is none, or it is of a town that the asker may not see.
    """
    question = select(RULE).where(RULE.c.id == number, RULE.c.retired_ms.is_(None))
    row = tx.execute(_seen(question, scope)).one_or_none()
    if row is None:
        raise NotFound(f"no rule {number}")
    return _rule(row)


def amend(tx: Connection, rule: Rule, now_ms: int) -> Rule:
    """Write all of a rule anew.

    :raises Invalid: its neuron does not exist.
    :raises NotFound: there is no such rule.
    """
    revisions.bump(tx, revisions.ALARMS)
    get(tx, rule.id)
    tx.execute(update(RULE).where(RULE.c.id == rule.id).values({**_changeable(tx, rule), "updated_ms": now_ms}))
    return get(tx, rule.id)


def retire(tx: Connection, number: int, now_ms: int) -> None:
    """Evaluate it no longer; its alarms clear, and stay to be looked at.

    :raises NotFound: there is no such rule.
    """
    revisions.bump(tx, revisions.ALARMS)
    get(tx, number)
    tx.execute(update(RULE).where(RULE.c.id == number).values(enabled=False, retired_ms=now_ms, updated_ms=now_ms))


def page(tx: Connection, limit: int, after: int = 0, scope: frozenset[str] = frozenset()) -> Page[Rule]:
    """Rules in the order of their numbers, behind the number ``after``; those for the whole district are for all."""
    question = _seen(select(RULE).where(RULE.c.id > after, RULE.c.retired_ms.is_(None)), scope)
    rows = tx.execute(question.order_by(RULE.c.id).limit(limit + 1))
    return Page.of([_rule(row) for row in rows], limit, lambda one: one.id)


def enabled(tx: Connection) -> list[Rule]:
    """All that are to be evaluated."""
    return [_rule(row) for row in tx.execute(select(RULE).where(RULE.c.enabled, RULE.c.retired_ms.is_(None)))]


def _seen(question: Any, scope: frozenset[str]) -> Any:
    if not scope:
        return question
    towns = sorted(scope)
    neurons = select(NEURON.c.id).where(NEURON.c.town.in_(towns))
    return question.where(
        or_(RULE.c.town.is_(None), RULE.c.town.in_(towns)), or_(RULE.c.neuron.is_(None), RULE.c.neuron.in_(neurons))
    )


def _changeable(tx: Connection, rule: Rule) -> dict[str, Any]:
    if rule.neuron is not None and tx.scalar(select(NEURON.c.id).where(NEURON.c.id == rule.neuron)) is None:
        raise Invalid(f"no neuron {rule.neuron:.40}", "neuron")
    return {
        "name": rule.name,
        "observed": rule.observed,
        "kind": rule.kind,
        "town": rule.town,
        "neuron": rule.neuron,
        "comparison": rule.threshold.comparison,
        "threshold": rule.threshold.limit,
        "deadband": rule.threshold.deadband,
        "priority": rule.priority,
        "enabled": rule.enabled,
    }


def _rule(row: Row[Any]) -> Rule:
    return Rule(
        id=row.id,
        name=row.name,
        observed=row.observed,
        threshold=Threshold(row.comparison, row.threshold, row.deadband),
        priority=cast(Priority, row.priority),
        kind=row.kind,
        town=row.town,
        neuron=row.neuron,
        enabled=row.enabled,
        created_ms=row.created_ms,
        updated_ms=row.updated_ms,
    )
