"""Commands and their targets in the registry."""

import pytest

from cloud.registry import commands, targets
from cloud.registry.commands import GRACE_MS, RESEND_MS, Filters
from cloud.registry.errors import Conflict, Invalid
from cloud.registry.events import Arrived
from cloud.registry.targets import NoTarget, Target
from protocols.uplink import Item, Result
from protocols.vocabulary import Event
from tests.cloud.commands.street import HERE, NOW, THERE, Street


def why(found: Target | NoTarget) -> str:
    assert isinstance(found, NoTarget)
    return found.reason


def test_a_twin_means_the_neuron_that_is_bound_to_it_now(street: Street) -> None:
    street.gateway()
    lamp, meter = street.neuron(), street.neuron("gw-1", "voltage", "lamp_level/2")
    twin = street.twin(lamp, meter)
    assert street.target(twin) == Target(lamp, "gw-1", twin.code)
    assert street.target(twin, "lamp_level/2") == Target(meter, "gw-1", twin.code)
    assert "several neurons" in why(street.target(twin, "voltage"))
    assert "no neuron that is bound" in why(street.target(twin, "lamp_level", "lamp_level/2"))
    assert "no neuron that is bound" in why(street.target(twin, "ph"))
    over = street.twin(lamp, to_ms=NOW)
    assert "no neuron that is bound" in why(street.target(over))
    later = street.twin(lamp, from_ms=NOW + 1)
    assert "no neuron that is bound" in why(street.target(later))


def test_who_cannot_be_reached_is_no_target(street: Street) -> None:
    street.gateway("gw-bare", credentials=False)
    assert "no credentials" in why(street.target(street.twin(street.neuron("gw-bare"))))
    assert "through no gateway" in why(street.target(street.twin(street.neuron(None))))


def test_what_lies_in_other_towns_does_not_exist(street: Street) -> None:
    street.gateway()
    here, there = street.neuron(town=HERE), street.neuron(town=THERE)
    mine = frozenset({HERE})
    assert isinstance(street.target(street.twin(here), scope=mine), Target)
    assert "no twin" in why(street.target(street.twin(here, town=THERE), scope=mine))
    assert "no neuron that is bound" in why(street.target(street.twin(there), scope=mine))
    with street.database.read() as tx:
        found = targets.of_neurons(tx, [there], ["lamp_level"], mine)
    assert why(found[there]).startswith("no neuron")
    with pytest.raises(Invalid):
        targets.only(found[there])


def test_versions_rise(street: Street) -> None:
    street.gateway()
    lamp = street.neuron()
    first = street.give(lamp)
    assert (first.version, first.state, first.by) == (NOW, "pending", "tester")
    assert street.give(lamp).version == NOW + 1
    street.clock.advance(-100)
    assert street.give(lamp).version == NOW + 2, "a clock that goes back changes nothing"
    assert street.give(lamp, version=NOW + 10).version == NOW + 10
    with pytest.raises(Conflict, match="expected more than"):
        street.give(lamp, version=NOW + 10)
    assert street.give(street.neuron(), version=1).version == 1


def test_the_newest_wish_takes_the_place_of_what_it_covers(street: Street) -> None:
    street.gateway()
    lamp, other = street.neuron(), street.neuron()
    both = street.give(lamp, {"lamp_level": 1, "voltage": 2})
    level, voltage = street.give(lamp, {"lamp_level": 3}), street.give(lamp, {"voltage": 4})
    elsewhere = street.give(other)
    assert [street.get(one.id).state for one in (both, level, voltage)] == ["pending"] * 3
    street.give(lamp, {"lamp_level": 5})
    states = [street.get(one.id).state for one in (both, level, voltage, elsewhere)]
    assert states == ["pending", "superseded", "pending", "pending"]
    street.give(lamp, {"lamp_level": 6, "voltage": 7})
    assert [street.get(one.id).state for one in (both, voltage)] == ["superseded"] * 2


def result(name: str, state: str = "applied", value: float | None = 40.0) -> Result:
    return Result(name, 1, state, NOW + 5, (Item("lamp_level", state, value),))  # type: ignore[arg-type]


def test_the_gateways_word_counts_once(street: Street) -> None:
    street.gateway()
    street.gateway("gw-2")
    given = street.give(street.neuron())
    with street.database.begin() as tx:
        assert not commands.heed(tx, "gw-2", result(given.id), NOW)
        assert not commands.heed(tx, "gw-1", result("cmd-00000000"), NOW)
        assert not commands.heed(tx, "gw-1", result(given.id, "trying"), NOW)
        assert commands.heed(tx, "gw-1", result(given.id, "failed", 39.0), NOW + 9)
        assert not commands.heed(tx, "gw-1", result(given.id), NOW)
    found = street.get(given.id)
    assert (found.state, found.ended_ms, found.next_ms) == ("failed", NOW + 9, None)
    assert found.result == result(given.id, "failed", 39.0)


def test_what_was_given_up_may_still_have_been_done(street: Street) -> None:
    street.gateway()
    lamp = street.neuron()
    older = street.give(lamp)
    street.give(lamp)
    assert street.get(older.id).state == "superseded"
    with street.database.begin() as tx:
        assert commands.heed(tx, "gw-1", result(older.id), NOW)
    assert street.get(older.id).state == "applied"


def arrived(name: object, kind: str = "command.applied", gateway: str = "gw-1", **data: object) -> Arrived:
    event = Event(gateway, kind, NOW + 3, {"command": name, **data})  # type: ignore[dict-item]
    return Arrived(gateway, 1, 0, 0, NOW, late=False, neuron=None, event=event)


def test_events_repeat_what_results_say(street: Street) -> None:
    street.gateway()
    one, two, three = (street.give(street.neuron()) for _ in range(3))
    with street.database.begin() as tx:
        commands.heed_events(
            tx,
            [
                arrived("cmd-00000000"),
                arrived(5),
                arrived(one.id, "alarm.raised"),
                arrived(one.id, "command.trying"),
                arrived(one.id, gateway="gw-2"),
                arrived(three.id, lamp_level="forty"),
                arrived(one.id, lamp_level=40.0, reason=""),
                arrived(one.id, "command.failed"),
                arrived(two.id, "command.failed", lamp_level=39.0, reason="the device says 39"),
            ],
            NOW + 7,
        )
    found = street.get(one.id)
    assert (found.state, found.result and found.result.items) == ("applied", (Item("lamp_level", "applied", 40.0),))
    found = street.get(two.id)
    assert found.result is not None
    assert (found.state, found.result.items[0].state, found.result.reason) == ("failed", "failed", "the device says 39")
    assert street.get(three.id).state == "pending", "no such word: the event is kept, and means nothing here"


def test_sent_again_less_and_less_often_until_it_is_over(street: Street) -> None:
    street.gateway()
    given = street.give(street.neuron(), lasts_s=100)
    for attempt, pause_ms in enumerate((*RESEND_MS[:4], 25_000)):
        found = street.get(given.id)
        with street.database.begin() as tx:
            assert commands.due(tx, street.clock.now_ms(), 10) == [found]
            commands.note_sent(tx, [found], street.clock.now_ms())
        found = street.get(given.id)
        assert (found.state, found.attempts, found.sent_ms) == ("sent", attempt + 1, NOW)
        assert found.next_ms == street.clock.now_ms() + pause_ms
        street.clock.advance(pause_ms / 1000)
    with street.database.begin() as tx:
        commands.note_late(tx, [street.get(given.id)], NOW + 100_000)
    assert street.get(given.id).next_ms == NOW + 100_000 + GRACE_MS
    with street.database.begin() as tx:
        commands.note_late(tx, [street.get(given.id)], NOW + 100_000 + GRACE_MS)
    found = street.get(given.id)
    assert (found.state, found.next_ms, found.result) == ("expired", None, None)


def test_a_gateway_that_comes_back_gets_what_it_has_not_answered(street: Street) -> None:
    street.gateway()
    street.gateway("gw-2")
    mine, later, others = (
        street.give(street.neuron()),
        street.give(street.neuron(), due_s=30),
        street.give(street.neuron("gw-2"), gateway="gw-2"),
    )
    with street.database.begin() as tx:
        commands.note_sent(tx, [mine, others], NOW)
        assert commands.resend(tx, "gw-1", NOW + 1) == 1
    assert [street.get(one.id).next_ms for one in (mine, later, others)] == [NOW + 1, NOW + 30_000, NOW + 5_000]


def test_lists_are_narrowed_and_bounded(street: Street) -> None:
    street.gateway()
    here, there = street.neuron(town=HERE), street.neuron(town=THERE)
    names = [street.give(here).id, street.give(there).id, street.give(here).id]
    with street.database.begin() as tx:
        assert [one.id for one in commands.page(tx, Filters(), 10).items] == names[::-1]
        first = commands.page(tx, Filters(), 2)
        assert [one.id for one in commands.page(tx, Filters(), 2, first.after).items] == names[:1]
        assert [one.id for one in commands.page(tx, Filters(frozenset({THERE})), 10).items] == [names[1]]
        assert [one.id for one in commands.page(tx, Filters(states=["superseded"]), 10).items] == [names[0]]
        assert [one.id for one in commands.page(tx, Filters(neuron=there, gateway="gw-1"), 10).items] == [names[1]]
        assert commands.counts(tx, Filters()) == {"superseded": 1, "pending": 2}
        commands.give(tx, [], "x", NOW, max_rows=1)
        assert {one.id for one in commands.page(tx, Filters(), 10).items} == set(names[1:]), "what is open stays"


def test_not_more_than_so_many_are_open(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    street.gateway()
    monkeypatch.setattr(commands, "MOST_OPEN", 1)
    street.give(street.neuron())
    with pytest.raises(Conflict, match="would be open"):
        street.give(street.neuron())
