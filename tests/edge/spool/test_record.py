from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.spool.record import MARKER, MAX_PAYLOAD, OVERHEAD, Damage, Found, RecordKey, pack, scan

keys = st.builds(RecordKey, st.sampled_from([1, 2]), st.integers(0, 2**63 - 1), st.integers(0, 2**32 - 1))
payloads = st.binary(max_size=80) | st.just(MARKER * 3) | keys.map(lambda key: pack(key, b"within"))


@given(st.lists(st.tuples(keys, payloads), max_size=6))
def test_what_is_packed_is_found(records: list[tuple[RecordKey, bytes]]) -> None:
    segment = b"".join(pack(*record) for record in records)
    found = list(scan(segment))
    assert [(item.key, item.payload) for item in found if isinstance(item, Found)] == records
    assert len(found) == len(records)


@given(st.binary(max_size=300) | st.lists(st.sampled_from([MARKER, b"\0" * 5, b"\xff" * 20]), max_size=9).map(b"".join))
def test_garbage_is_damage_and_nothing_else(garbage: bytes) -> None:
    found = list(scan(garbage))
    assert all(isinstance(item, Damage) for item in found)
    assert sum(item.length for item in found if isinstance(item, Damage)) == len(garbage)


def test_a_payload_has_a_bound() -> None:
    with pytest.raises(ValueError, match="at most"):
        pack(RecordKey(1, 1, 1), bytes(MAX_PAYLOAD + 1))
    assert len(list(scan(pack(RecordKey(1, 1, 1), bytes(MAX_PAYLOAD))))) == 1


def test_a_length_that_lies_does_not_reach_over_the_next_record() -> None:
    rng = Random(1)
    one, two = pack(RecordKey(1, 1, 1), rng.randbytes(50)), pack(RecordKey(1, 1, 2), rng.randbytes(50))
    for length in (0, 49, 51, 50 + OVERHEAD, 2**32 - 1):
        lying = one[:4] + length.to_bytes(4, "little") + one[8:]
        found = list(scan(lying + two))
        assert [item.key.sequence for item in found if isinstance(item, Found)] == [2]
