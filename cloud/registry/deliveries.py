"""Deliveries: the outbox of messages to webhooks, and what became of each attempt."""

import secrets as random
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from cloud.registry.schema import ATTEMPT, DELIVERY
from cloud.registry.selection import Page

MOST_PENDING: Final = 10_000
"""Per webhook; of more, the oldest are given up and say so."""
MOST_KEPT: Final = 10_000
"""Finished ones per webhook that are kept to be looked at."""
_PENDING: Final = DELIVERY.c.state == "pending"


class Attempt(NamedTuple):
    """One try."""

    number: int
    at_ms: int
    duration_ms: int
    status: int | None
    """HTTP; None: there was no answer."""
    error: str
    """Empty: delivered."""


class Delivery(NamedTuple):
    """One message to one webhook."""

    number: int
    id: str
    """``webhook-id``."""
    webhook: str
    alarm: int | None
    event: str
    body: bytes
    created_ms: int
    attempts: int
    next_ms: int | None
    state: str
    """pending, delivered, failed or disabled."""


class Due(NamedTuple):
    """What a webhook's worker has to do."""

    now: list[Delivery]
    next_ms: int | None
    """When there is more to do; None: nothing waits."""


def enqueue(  # noqa: PLR0913 - a message is made of these
    tx: Connection, webhook: str, alarm: int | None, event: str, body: bytes, now_ms: int
) -> None:
    """Put a message into the outbox, to be sent at once."""
    values = {"id": f"msg_{random.token_hex(16)}", "webhook": webhook, "alarm": alarm, "event": event, "body": body}
    tx.execute(insert(DELIVERY).values(**values, created_ms=now_ms, attempts=0, next_ms=now_ms, state="pending"))


def bound(tx: Connection, webhook: str, now_ms: int, most: int = MOST_PENDING) -> int:
    """Give up the oldest of too many that wait; returns how many."""
    mine = (DELIVERY.c.webhook == webhook, _PENDING)
    newest_to_go = tx.scalar(
        select(DELIVERY.c.number).where(*mine).order_by(DELIVERY.c.number.desc()).offset(most).limit(1)
    )
    if newest_to_go is None:
        return 0
    going = list(tx.execute(select(DELIVERY).where(*mine, DELIVERY.c.number <= newest_to_go)))
    for row in going:
        lost = Attempt(row.attempts + 1, now_ms, 0, None, f"given up: more than {most} messages waited")
        tx.execute(insert(ATTEMPT).values(delivery=row.number, **lost._asdict()))
    tx.execute(update(DELIVERY).where(*mine, DELIVERY.c.number <= newest_to_go).values(state="failed", next_ms=None))
    return len(going)


def due(tx: Connection, webhook: str, now_ms: int, limit: int) -> Due:
    """The oldest that may be sent now: none while an earlier one of the same alarm still waits."""
    earlier = DELIVERY.alias()
    blocked = exists().where(
        earlier.c.webhook == DELIVERY.c.webhook,
        earlier.c.alarm == DELIVERY.c.alarm,
        earlier.c.number < DELIVERY.c.number,
        earlier.c.state == "pending",
    )
    heads = select(DELIVERY).where(DELIVERY.c.webhook == webhook, _PENDING, ~blocked)
    now = tx.execute(heads.where(DELIVERY.c.next_ms <= now_ms).order_by(DELIVERY.c.number).limit(limit))
    found = [_delivery(row) for row in now]
    if found:
        return Due(found, now_ms)
    return Due([], tx.scalar(select(func.min(heads.subquery().c.next_ms))))


def claim(tx: Connection, delivery: Delivery, until_ms: int) -> bool:
    """Take a message for a try that ends before ``until_ms``; False: another process has it, or it was withdrawn."""
    mine = (DELIVERY.c.number == delivery.number, _PENDING, DELIVERY.c.next_ms == delivery.next_ms)
    return tx.execute(update(DELIVERY).where(*mine).values(next_ms=until_ms)).rowcount == 1


def record(tx: Connection, delivery: Delivery, attempt: Attempt, next_ms: int | None) -> bool:
    """Write down a try: delivered, to be tried again at ``next_ms``, or given up; False when it was withdrawn."""
    state = "delivered" if not attempt.error else "failed" if next_ms is None else "pending"
    mine = update(DELIVERY).where(
        DELIVERY.c.number == delivery.number, _PENDING, DELIVERY.c.attempts == attempt.number - 1
    )
    if tx.execute(mine.values(attempts=attempt.number, next_ms=next_ms, state=state)).rowcount == 0:
        return False
    tx.execute(insert(ATTEMPT).values(delivery=delivery.number, **attempt._asdict()))
    return True


def page(tx: Connection, webhook: str, limit: int, before: int | None = None) -> Page[Delivery]:
    """Newest first, those with a smaller number than ``before``."""
    question = select(DELIVERY).where(DELIVERY.c.webhook == webhook)
    if before is not None:
        question = question.where(DELIVERY.c.number < before)
    rows = tx.execute(question.order_by(DELIVERY.c.number.desc()).limit(limit + 1))
    return Page.of([_delivery(row) for row in rows], limit, lambda one: one.number)


def attempts(tx: Connection, numbers: Sequence[int]) -> dict[int, list[Attempt]]:
    """All tries of some deliveries, by the delivery's number, in their order."""
    found: dict[int, list[Attempt]] = {}
    question = select(ATTEMPT).where(ATTEMPT.c.delivery.in_(numbers)).order_by(ATTEMPT.c.delivery, ATTEMPT.c.number)
    for row in tx.execute(question):
        one = Attempt(row.number, row.at_ms, row.duration_ms, row.status, row.error)
        found.setdefault(row.delivery, []).append(one)
    return found


def prune(tx: Connection, webhook: str, most: int = MOST_KEPT) -> None:
    """Forget the oldest of too many finished ones."""
    mine = (DELIVERY.c.webhook == webhook, ~_PENDING)
    newest_to_go = tx.scalar(
        select(DELIVERY.c.number).where(*mine).order_by(DELIVERY.c.number.desc()).offset(most).limit(1)
    )
    if newest_to_go is not None:
        going = select(DELIVERY.c.number).where(*mine, DELIVERY.c.number <= newest_to_go)
        tx.execute(delete(ATTEMPT).where(ATTEMPT.c.delivery.in_(going)))
        tx.execute(delete(DELIVERY).where(*mine, DELIVERY.c.number <= newest_to_go))


def waiting(tx: Connection) -> int:
    """How many wait to be delivered, of all webhooks."""
    return tx.scalar(select(func.count()).select_from(DELIVERY).where(_PENDING)) or 0


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.number,
        row.id,
        row.webhook,
        row.alarm,
        row.event,
        row.body,
        row.created_ms,
        row.attempts,
        row.next_ms,
        row.state,
    )
