"""Webhooks: where messages are sent; the secret that signs them is derived, not stored."""

import secrets as random
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from cloud.registry.errors import Conflict, NotFound
from cloud.registry.schema import ATTEMPT, DELIVERY, WEBHOOK
from cloud.registry.selection import Page
from protocols.vocabulary.identity import CROCKFORD

MOST: Final = 64
"""Endpoints of one installation: each has its own worker."""


class Webhook(NamedTuple):
    """One endpoint of somebody else."""

    id: str
    """``whk-`` and 12 characters."""
    url: str
    events: tuple[str, ...]
    """Types of the messages that it wants, as ``alarm.raised``."""
    enabled: bool
    disabled_reason: str | None
    held_until_ms: int | None
    """It asked to be left alone until then."""
    version: int
    """Of its secret."""
    created_ms: int


def add(tx: Connection, url: str, events: tuple[str, ...], now_ms: int) -> Webhook:
    """Keep an endpoint; its address was checked.

    :raises Conflict: there are too many.
    """
    if (tx.scalar(select(func.count()).select_from(WEBHOOK)) or 0) >= MOST:
        raise Conflict(f"there are {MOST} webhooks, and more are not served")
    name = "whk-" + "".join(random.choice(CROCKFORD) for _ in range(12))
    values = {"id": name, "url": url, "events": list(events), "enabled": True, "version": 1, "created_ms": now_ms}
    tx.execute(insert(WEBHOOK).values(values))
    return get(tx, name)


def get(tx: Connection, name: str) -> Webhook:
    """One of them.

    :raises NotFound: there is none of that name.
    """
    row = tx.execute(select(WEBHOOK).where(WEBHOOK.c.id == name)).one_or_none()
    if row is None:
        raise NotFound(f"no webhook {name:.40}")
    return _webhook(row)


def remove(tx: Connection, name: str) -> None:
    """Forget an endpoint with all its deliveries.

    :raises NotFound: there is none of that name.
    """
    get(tx, name)
    mine = select(DELIVERY.c.number).where(DELIVERY.c.webhook == name)
    tx.execute(delete(ATTEMPT).where(ATTEMPT.c.delivery.in_(mine)))
    tx.execute(delete(DELIVERY).where(DELIVERY.c.webhook == name))
    tx.execute(delete(WEBHOOK).where(WEBHOOK.c.id == name))


def disable(tx: Connection, name: str, reason: str) -> None:
    """Send it nothing any more; what waits for it is given up."""
    tx.execute(update(WEBHOOK).where(WEBHOOK.c.id == name).values(enabled=False, disabled_reason=reason[:200]))
    waiting = (DELIVERY.c.webhook == name, DELIVERY.c.state == "pending")
    tx.execute(update(DELIVERY).where(*waiting).values(state="disabled", next_ms=None))


def hold(tx: Connection, name: str, until_ms: int) -> None:
    """Send it nothing before then."""
    tx.execute(update(WEBHOOK).where(WEBHOOK.c.id == name).values(held_until_ms=until_ms))


def page(tx: Connection, limit: int, after: str = "") -> Page[Webhook]:
    """Endpoints in the order of their names, disabled ones too."""
    question = select(WEBHOOK).where(WEBHOOK.c.id > after).order_by(WEBHOOK.c.id).limit(limit + 1)
    return Page.of([_webhook(row) for row in tx.execute(question)], limit, lambda one: one.id)


def enabled(tx: Connection) -> list[Webhook]:
    """All that are served."""
    return [_webhook(row) for row in tx.execute(select(WEBHOOK).where(WEBHOOK.c.enabled))]


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        row.id,
        row.url,
        tuple(row.events),
        row.enabled,
        row.disabled_reason,
        row.held_until_ms,
        row.version,
        row.created_ms,
    )
