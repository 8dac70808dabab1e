import pytest

from cloud.registry import discovered
from cloud.registry.database import Database
from cloud.registry.discovered import MAX_NAMES, Find, Seen
from cloud.registry.errors import NotFound


def find(subject: str, at_ms: int, *names: Seen, door: str = "senml", gateway: str = "gw-1") -> Find:
    return Find(door, gateway, subject, f"label {at_ms}", at_ms, names or (Seen("ph", "ph", None, 1, 7.0, at_ms),))


def test_finds_of_one_device_are_one_row(database: Database) -> None:
    newer = Seen("ph", "ph", None, 2, 8.0, 20)
    with database.begin() as tx:
        discovered.note(tx, [find("a:1", 10), find("a:1", 20, newer, Seen("T", "", "K", 1, None, 20)), find("a:2", 5)])
    with database.begin() as tx:
        discovered.note(tx, [find("a:1", 15), find("a:1", 15, gateway="gw-2")])
        found = discovered.page(tx, 10).items
        assert [(one.gateway, one.subject) for one in found] == [("gw-2", "a:1"), ("gw-1", "a:2"), ("gw-1", "a:1")]
        one = discovered.get(tx, found[-1].id)
    assert (one.first_ms, one.last_ms, one.messages, one.readings) == (10, 20, 3, 5)
    assert one.names == (Seen("ph", "ph", None, 4, 8.0, 20), Seen("T", "", "K", 1, None, 20))
    assert one.label == "label 15", "the newest message of the newest commit names it"


def test_pages_and_filters(database: Database) -> None:
    with database.begin() as tx:
        discovered.note(tx, [find(f"a:{n}", n, door="sparkplug" if n % 2 else "senml") for n in range(5)])
        first = discovered.page(tx, 2)
        assert [one.subject for one in first.items] == ["a:4", "a:3"]
        assert [one.subject for one in discovered.page(tx, 5, first.after).items] == ["a:2", "a:1", "a:0"]
        assert [one.subject for one in discovered.page(tx, 5, door="sparkplug").items] == ["a:3", "a:1"]
        assert discovered.page(tx, 5, gateway="gw-2").items == []
        with pytest.raises(NotFound):
            discovered.get(tx, 99)


def test_the_longest_silent_gives_way(database: Database) -> None:
    for at_ms, subject in enumerate(("old", "b", "c", "old", "d", "e")):
        with database.begin() as tx:
            discovered.note(tx, [find(f"a:{subject}", at_ms)], max_rows=3)
    with database.begin() as tx:
        assert {one.subject for one in discovered.page(tx, 10).items} == {"a:old", "a:d", "a:e"}
        assert discovered.totals(tx) == (3, 2)
        discovered.forget(tx, ["a:old", "a:e", "a:none"])
        assert discovered.totals(tx) == (1, 2)


def test_names_are_bounded_and_counted(database: Database) -> None:
    many = tuple(Seen(f"n{n}", "", None, 1, 1.0, 1) for n in range(MAX_NAMES + 30))
    with database.begin() as tx:
        discovered.note(tx, [find("a:1", 1, *many), find("a:1", 2, Seen("n3", "", None, 5, 2.0, 2))])
        [one] = discovered.page(tx, 1).items
    assert (len(one.names), one.names_left_out, one.readings) == (MAX_NAMES, 30, MAX_NAMES + 35)
    assert one.names[3] == Seen("n3", "", None, 6, 2.0, 2)


def test_text_that_a_column_would_refuse(database: Database) -> None:
    nasty = Seen("n\0\ud800" * 100, "", "u\0" * 40, 1, 1.0, 1)
    for _ in range(2):
        with database.begin() as tx:
            discovered.note(tx, [Find("senml", "", "a:1", "l\0\ud800" * 200, 1, (nasty,))])
            [one] = discovered.page(tx, 1).items
    assert [seen.readings for seen in one.names] == [2], "one name stays one"
