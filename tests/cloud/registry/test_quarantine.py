import pytest

from cloud.registry import quarantine
from cloud.registry.database import Database
from cloud.registry.errors import NotFound
from cloud.registry.quarantine import Bounds, Suspect


def suspect(n: int, *, size: int = 10, reason: str = "malformed") -> Suspect:
    return Suspect(n, "gw-1", "yz/v1/gw-1/up/batch", reason, "detail", "envelope", bytes([n % 256]) * size, f"key-{n}")


def test_repetition_counts_up(database: Database) -> None:
    with database.begin() as tx:
        quarantine.add(tx, [suspect(1), suspect(1), suspect(2)], Bounds())
    with database.begin() as tx:
        quarantine.add(tx, [suspect(1)], Bounds())
        found = quarantine.page(tx, 10).items
    assert [(one.suspect.dedupe, one.times) for one in found] == [("key-2", 1), ("key-1", 3)]
    assert found[1].suspect == suspect(1)


@pytest.mark.parametrize("bounds", [Bounds(rows=5), Bounds(bytes=50)])
def test_oldest_is_dropped_and_counted(database: Database, bounds: Bounds) -> None:
    for n in range(12):
        with database.begin() as tx:
            quarantine.add(tx, [suspect(n)], bounds)
    with database.read() as tx:
        assert [one.suspect.received_ms for one in quarantine.page(tx, 100).items] == [11, 10, 9, 8, 7]
        assert quarantine.totals(tx) == (5, 50, 7)


def test_many_at_once_stay_within_the_bound(database: Database) -> None:
    with database.begin() as tx:
        quarantine.add(tx, [suspect(n) for n in range(350)], Bounds(rows=20))
        assert quarantine.totals(tx) == (20, 200, 330)
        assert len(quarantine.page(tx, 100).items) == 20


def test_filters_pages_and_replay_mark(database: Database) -> None:
    with database.begin() as tx:
        quarantine.add(tx, [suspect(n, reason="future" if n % 2 else "malformed") for n in range(6)], Bounds())
        first = quarantine.page(tx, 2, reason="future")
        rest = quarantine.page(tx, 2, first.after, reason="future")
        assert [one.suspect.received_ms for one in first.items + rest.items] == [5, 3, 1]
        assert quarantine.page(tx, 10, gateway="gw-2").items == []
        number = first.items[0].id
        quarantine.mark_replayed(tx, [number], 77)
        assert quarantine.get(tx, number).replayed_ms == 77
        quarantine.add(tx, [suspect(5)], Bounds())
        assert quarantine.get(tx, number).replayed_ms is None
        with pytest.raises(NotFound):
            quarantine.get(tx, 999)


def test_text_that_a_column_would_refuse(database: Database) -> None:
    nasty = Suspect(1, "g\0" * 40, "t\ud800" * 200, "r", "d" * 5000, "s", b"\0\xff", "k\0" * 300)
    with database.begin() as tx:
        quarantine.add(tx, [nasty, nasty], Bounds())
        found = quarantine.page(tx, 10).items
    assert len(found) == 1
    assert found[0].times == 2
    assert found[0].suspect.payload == b"\0\xff"
    assert len(found[0].suspect.gateway) == 32
    assert len(found[0].suspect.detail) == 1000
