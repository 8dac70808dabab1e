from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest import ledger as module
from cloud.ingest.ledger import Ledger, Seen
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns, EnvelopeKey
from protocols.uplink import Ack
from protocols.vocabulary.ranges import RangeSet
from tests.cloud.store.columns import key


@pytest.fixture
def ledger(tmp_path: Path):
    store = DuckDBStore(tmp_path / "r.duckdb", memory_mb=128, threads=1)
    store.open()
    yield Ledger(store)
    store.close()


def commit(ledger: Ledger, *keys: EnvelopeKey) -> None:
    ledger._store.commit(Columns.empty(), Columns.empty(), keys, 1)
    ledger.committed(keys)


def test_an_envelopes_life(ledger: Ledger) -> None:
    assert ledger.look(key(0)) is Seen.NEW
    assert ledger.look(key(0)) is Seen.PENDING
    assert ledger.look(key(0, digest=8)) is Seen.CONFLICT
    assert ledger.acknowledgement("gw-1", {(1, 5): [0]}).held == ()
    ledger.forget([key(0)])
    assert ledger.look(key(0, digest=8)) is Seen.NEW
    commit(ledger, key(0, digest=8))
    assert ledger.look(key(0, digest=8)) is Seen.HELD
    assert ledger.look(key(0)) is Seen.CONFLICT
    assert ledger.look(key(0, gateway="gw-2")) is Seen.NEW
    assert ledger.look(key(0, epoch=6)) is Seen.NEW
    assert ledger._pending.keys() == {key(0, gateway="gw-2")[:4], key(0, epoch=6)[:4]}


def test_it_knows_after_a_restart_and_after_it_forgot_what_was_recent(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RECENT", 2)
    commit(ledger, *(key(n, digest=n) for n in range(9)))
    assert len(ledger._recent) == 2
    again = Ledger(ledger._store)
    again.load()
    for one in (ledger, again):
        assert one.look(key(1, digest=1)) is Seen.HELD
        assert one.look(key(1, digest=2)) is Seen.CONFLICT
        assert one.look(key(9)) is Seen.NEW


def test_one_too_old_to_be_known_by_its_content_is_new_and_held(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RECENT", 2)
    commit(ledger, *(key(n, digest=n) for n in range(9)))
    ledger._store._catalog.fold(4)  # type: ignore[attr-defined]
    again = Ledger(ledger._store)
    again.load()
    for one in (ledger, again):
        assert told(one.acknowledgement("gw-1", {(1, 5): [3]})) == RangeSet([(0, 8)])
        assert [one.look(key(n, digest=n)) for n in (4, 5, 8)] == [Seen.NEW, Seen.HELD, Seen.HELD]
        assert one.look(key(5, digest=4)) is Seen.CONFLICT
        assert told(one.acknowledgement("gw-1", {(1, 5): [3]})) == RangeSet([(0, 8)])
    commit(again, key(4, digest=4))
    assert again.look(key(4, digest=4)) is Seen.HELD


def told(ack: Ack) -> RangeSet:
    return RangeSet(r for held in ack.held for r in held.ranges)


def test_an_old_envelope_is_answered_however_many_gaps_came_after_it(ledger: Ledger) -> None:
    ledger.committed(key(n) for n in range(0, 20_000, 2))
    ledger.committed([key(7), key(31)])
    ack = ledger.acknowledgement("gw-1", {(1, 5): [7, 31]})
    assert 7 in told(ack)
    assert 31 in told(ack)
    assert 19_998 in told(ack)
    (held,) = ack.held
    assert list(held.ranges) == sorted(held.ranges)
    assert len(ack.encode(b"")) < 2000
    every = ledger.acknowledgement("gw-1", {(1, 5): range(0, 8000, 2)})
    assert len(every.held[0].ranges) <= 4096
    assert Ack.decode(every.encode(b""), [b""]) == every


@given(st.sets(st.integers(0, 400)), st.lists(st.integers(0, 400), max_size=5))
def test_what_is_told_is_held_and_what_was_asked_for_is_told(held: set[int], asked: list[int]) -> None:
    ledger = Ledger(DuckDBStore(Path("unused")))
    ledger.committed(key(n) for n in held)
    found = told(ledger.acknowledgement("gw-1", {(1, 5): asked}))
    assert {n for first, last in found for n in range(first, last + 1)} <= held
    assert all((n in found) == (n in held) for n in asked)
