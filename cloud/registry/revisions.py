"""How often a part of the registry changed; who keeps a copy in memory compares."""

from sqlalchemy import Connection, insert, select, update

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
    number = tx.scalar(
        update(REVISION)
        .where(REVISION.c.part == part)
        .values(number=REVISION.c.number + 1)
        .returning(REVISION.c.number)
    )
    if number is None:
        tx.execute(insert(REVISION).values(part=part, number=1))
        return 1
    return int(number)


def current(tx: Connection, part: str) -> int:
    """The number as committed; 0 when nothing changed yet."""
    return tx.scalar(select(REVISION.c.number).where(REVISION.c.part == part)) or 0
