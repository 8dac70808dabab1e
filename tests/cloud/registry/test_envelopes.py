from cloud.registry import envelopes
from cloud.registry.database import Database
from cloud.store.port import EnvelopeKey

TOP = 2**32 - 1


def key(sequence: int, *, gateway: str = "gw-1", stream: int = 1, epoch: int = 5, digest: int = 7) -> EnvelopeKey:
    return EnvelopeKey(gateway, stream, epoch, sequence, digest)


def test_ranges_are_told_apart_by_gateway_stream_and_epoch(database: Database) -> None:
    keys = [key(0), key(1), key(3), key(TOP), key(0, gateway="gw-2"), key(7, epoch=2**63 - 1), key(0, stream=2)]
    with database.begin() as tx:
        envelopes.note(tx, keys)
    with database.read() as tx:
        assert envelopes.held(tx) == {
            ("gw-1", 1, 5): [(0, 1), (3, 3), (TOP, TOP)],
            ("gw-1", 1, 2**63 - 1): [(7, 7)],
            ("gw-1", 2, 5): [(0, 0)],
            ("gw-2", 1, 5): [(0, 0)],
        }
        assert envelopes.digest(tx, "gw-1", 1, 5, 2) is None
        assert envelopes.digest(tx, "gw-1", 1, 5, TOP) == 7


def test_what_is_noted_again_stays_as_it_was(database: Database) -> None:
    for digest in (2**63 - 1, 8):
        with database.begin() as tx:
            envelopes.note(tx, [key(number, digest=digest) for number in range(1200)])
    with database.read() as tx:
        assert envelopes.held(tx) == {("gw-1", 1, 5): [(0, 1199)]}
        assert envelopes.digest(tx, "gw-1", 1, 5, 1199) == 2**63 - 1


def test_older_ones_become_ranges(database: Database) -> None:
    of, other, earlier = ("gw-1", 1, 5), ("gw-2", 1, 5), ("gw-1", 1, 4)
    keys = [key(n) for n in range(40) if n != 7] + [key(n, gateway="gw-2") for n in range(9)]
    with database.begin() as tx:
        envelopes.note(tx, [*keys, key(2**32 - 1, epoch=4), key(0, stream=2)])
    with database.read() as tx:
        before = envelopes.held(tx)
        assert envelopes.long_ones(tx, 5) == ["gw-1"]
    for more, newest_gone in ((True, (5, 5)), (True, (5, 13)), (True, (5, 20)), (False, (5, 24)), (False, (5, 24))):
        with database.begin() as tx:
            assert envelopes.fold(tx, "gw-1", 15, 7) is more
        with database.read() as tx:
            assert envelopes.held(tx) == before
            assert envelopes.digest(tx, *earlier, 2**32 - 1) is None
            assert envelopes.digest(tx, *of, newest_gone[1]) is None
            assert envelopes.digest(tx, *of, newest_gone[1] + 1) == envelopes.digest(tx, *other, 0) == 7
    with database.begin() as tx:
        envelopes.note(tx, [key(7, digest=9)])
        assert not envelopes.fold(tx, "gw-1", 15, 7)
        assert not envelopes.fold(tx, "gw-3", 15, 7)
    with database.read() as tx:
        assert envelopes.held(tx) == {
            earlier: [(2**32 - 1, 2**32 - 1)],
            of: [(0, 39)],
            ("gw-1", 2, 5): [(0, 0)],
            other: [(0, 8)],
        }
