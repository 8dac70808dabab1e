"""Running totals that must not be counted anew at each use."""

from sqlalchemy import Connection, select, update

from cloud.registry.dialect import insert_or_ignore
from cloud.registry.schema import TALLY


def add(tx: Connection, name: str, by: int) -> int:
    """Count up, or down; returns the total."""
    question = update(TALLY).where(TALLY.c.name == name).values(amount=TALLY.c.amount + by).returning(TALLY.c.amount)
    amount = tx.execute(question).scalar_one_or_none()
    if amount is None:  # two may be the first at the same time
        tx.execute(insert_or_ignore(tx, TALLY), {"name": name, "amount": 0})
        amount = tx.execute(question).scalar_one()
    return int(amount)


def totals(tx: Connection, *names: str) -> tuple[int, ...]:
    """The totals of these names, 0 for what was never counted."""
    found: dict[str, int] = {row.name: row.amount for row in tx.execute(select(TALLY))}
    return tuple(found.get(name, 0) for name in names)
