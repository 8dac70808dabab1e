"""How often a part of the registry changed; who keeps a copy in memory compares."""

from sqlalchemy import Connection, func, select, update

from cloud.registry.dialect import insert_or_ignore
from cloud.registry.schema import REVISION

DIRECTORY = "directory"
"""Neurons, their hardware identities, gateways and datastreams."""
CREDENTIALS = "credentials"
"""Gateways' credential versions and password hashes."""
ACCESS = "access"
"""API keys and sessions."""
ALARMS = "alarms"
"""Rules, and which alarms are shelved."""


def bump(tx: Connection, part: str) -> int:
    """Count up and return the new number.

    Called before the change itself: the row stays locked until the commit, so that on engines with concurrent writers
    revisions become visible in their order, and a reader that has seen n has missed nothing up to n.
    """
    further = update(REVISION).where(REVISION.c.part == part).values(number=REVISION.c.number + 1)
    further = further.returning(REVISION.c.number)
    number = tx.scalar(further)
    if number is None:  # two may be the first at the same time
        tx.execute(insert_or_ignore(tx, REVISION), {"part": part, "number": 0})
        number = tx.execute(further).scalar_one()
    return int(number)


def total(tx: Connection) -> int:
    """Rises with every change of any part."""
    return tx.scalar(select(func.sum(REVISION.c.number))) or 0


def current(tx: Connection, part: str) -> int:
    """The number as committed; 0 when nothing changed yet."""
    return tx.scalar(select(REVISION.c.number).where(REVISION.c.part == part)) or 0
