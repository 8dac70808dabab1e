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
    of, other = ("gw-1", 1, 5), ("gw-2", 1, 5)
    with database.begin() as tx:
        envelopes.note(tx, [key(n) for n in range(40) if n != 7] + [key(n, gateway="gw-2") for n in range(9)])
    with database.read() as tx:
        before = envelopes.held(tx)
        assert envelopes.long_ones(tx, 5) == {of: (0, 39)}
    for last in (12, 12, 30):
        with database.begin() as tx:
            envelopes.fold(tx, of, last)
        with database.read() as tx:
            assert envelopes.held(tx) == before
            assert envelopes.digest(tx, *of, last) is None
            assert envelopes.digest(tx, *of, last + 1) == envelopes.digest(tx, *other, 0) == 7
    with database.begin() as tx:
        envelopes.note(tx, [key(7, digest=9)])
        envelopes.fold(tx, of, 30)
    with database.read() as tx:
        assert envelopes.held(tx) == {of: [(0, 39)], other: [(0, 8)]}
