"""What gateways shall be configured with from afar, and what they say became of it."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from cloud.registry.commands import RESEND_MS, new_id
from cloud.registry.errors import Conflict
from cloud.registry.events import Arrived
from cloud.registry.schema import CONFIGURATION, GATEWAY
from protocols.uplink import Result
from protocols.uplink.command import MAX_REASON

ASK_AGAIN_MS: Final = 60_000
"""A gateway that tries one is asked how it went."""
_OPEN: Final = CONFIGURATION.c.next_ms.is_not(None)
_LAST: Final = frozenset({"applied", "refused", "rolled_back"})


class Ordered(NamedTuple):
    """One configuration in its place."""

    number: int
    id: str
    gateway: str
    version: int
    toml: str
    state: str
    """pending, sent, trying, applied, refused, rolled_back or superseded."""
    by: str
    created_ms: int
    attempts: int
    sent_ms: int | None
    next_ms: int | None
    ended_ms: int | None
    reason: str


def give(  # noqa: PLR0913 - a configuration is made of these
    tx: Connection, gateway: str, toml: str, by: str, now_ms: int, version: int | None = None
) -> Ordered:
    """Enter one; earlier ones that are still open are superseded.

    :param version: None: one that is higher than the gateway's last.
    :raises Conflict: the version is not higher than the gateway's last.
    """
    tx.execute(select(GATEWAY.c.id).where(GATEWAY.c.id == gateway).with_for_update())  # one at a time of a gateway
    mine = CONFIGURATION.c.gateway == gateway
    last = tx.scalar(select(func.max(CONFIGURATION.c.version)).where(mine)) or 0
    if version is not None and version <= last:
        raise Conflict(f"version {version} of gateway {gateway}: expected more than {last}", "version")
    over = {"state": "superseded", "next_ms": None, "ended_ms": now_ms}
    tx.execute(update(CONFIGURATION).where(mine, _OPEN).values(over))
    name = new_id("cfg")
    values = {
        "id": name,
        "gateway": gateway,
        "version": max(last + 1, now_ms) if version is None else version,
        "toml": toml,
        "state": "pending",
        "given_by": by,
        "created_ms": now_ms,
        "attempts": 0,
        "next_ms": now_ms,
        "reason": "",
    }
    tx.execute(insert(CONFIGURATION).values(values))
    return _ordered(tx.execute(select(CONFIGURATION).where(CONFIGURATION.c.id == name)).one())


def newest(tx: Connection, gateway: str, limit: int, state: str | None = None) -> list[Ordered]:
    """A gateway's, newest first."""
    question = select(CONFIGURATION).where(CONFIGURATION.c.gateway == gateway)
    if state is not None:
        question = question.where(CONFIGURATION.c.state == state)
    rows = tx.execute(question.order_by(CONFIGURATION.c.number.desc()).limit(limit))
    return [_ordered(row) for row in rows]


def due(tx: Connection, now_ms: int, limit: int) -> list[Ordered]:
    """What is to be sent now."""
    question = select(CONFIGURATION).where(CONFIGURATION.c.next_ms <= now_ms).order_by(CONFIGURATION.c.number)
    return [_ordered(row) for row in tx.execute(question.limit(limit))]


def next_ms(tx: Connection) -> int | None:
    """When the next one is to be looked at; None: none is open."""
    found: int | None = tx.scalar(select(func.min(CONFIGURATION.c.next_ms)))
    return found


def note_sent(tx: Connection, sent: Iterable[Ordered], now_ms: int) -> None:
    """They were published, once more."""
    for one in sent:
        again_ms = now_ms + RESEND_MS[min(one.attempts, len(RESEND_MS) - 1)]
        values: dict[str, Any] = {"attempts": one.attempts + 1, "next_ms": again_ms}
        if one.sent_ms is None:
            values |= {"state": "sent", "sent_ms": now_ms}
        tx.execute(update(CONFIGURATION).where(CONFIGURATION.c.number == one.number, _OPEN).values(values))


def put_off(tx: Connection, waiting: Iterable[Ordered], until_ms: int) -> None:
    """Their gateways are away."""
    for one in waiting:
        tx.execute(update(CONFIGURATION).where(CONFIGURATION.c.number == one.number, _OPEN).values(next_ms=until_ms))


def resend(tx: Connection, gateway: str, now_ms: int) -> int:
    """The gateway is there again; how many are due."""
    mine = (CONFIGURATION.c.gateway == gateway, _OPEN)
    return tx.execute(update(CONFIGURATION).where(*mine).values(next_ms=now_ms)).rowcount


def heed(tx: Connection, gateway: str, result: Result, now_ms: int) -> bool:
    """Take the gateway's word of one of its configurations; False: it says nothing new."""
    return _heed(tx, gateway, result.id, result.state, result.reason, now_ms)


def heed_events(tx: Connection, arrived: Iterable[Arrived], now_ms: int) -> None:
    """Events repeat what results say, and are never lost."""
    for one in arrived:
        kind, _, state = one.event.kind.partition(".")
        name = one.event.data.get("config")
        if kind == "config" and isinstance(name, str):
            reason = str(one.event.data.get("reason") or "").replace("\0", "")
            _heed(tx, one.gateway, name, state, reason, now_ms)


def _heed(tx: Connection, gateway: str, name: str, state: str, reason: str, now_ms: int) -> bool:  # noqa: PLR0913
    mine = (CONFIGURATION.c.id == name, CONFIGURATION.c.gateway == gateway, CONFIGURATION.c.state.not_in(_LAST))
    if state == "trying":
        said: dict[str, Any] = {"state": state, "next_ms": now_ms + ASK_AGAIN_MS}
        return tx.execute(update(CONFIGURATION).where(*mine, _OPEN).values(said)).rowcount > 0
    if state not in _LAST:
        return False
    said = {"state": state, "next_ms": None, "ended_ms": now_ms, "reason": reason[:MAX_REASON]}
    return tx.execute(update(CONFIGURATION).where(*mine).values(said)).rowcount > 0


def _ordered(row: Row[Any]) -> Ordered:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["by"] = values.pop("given_by")
    return Ordered(**values)
