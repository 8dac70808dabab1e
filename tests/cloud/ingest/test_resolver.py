import numpy as np
import pytest

from cloud.ingest import resolver
from cloud.ingest.resolver import Resolver
from protocols.uplink import BodyEncoder
from protocols.uplink.columns import Body, read_body
from protocols.vocabulary import Batch, Reading
from tests.cloud.ingest.harness import Ingest, ph


def body_of(found: list[Reading]) -> Body:
    body, count = BodyEncoder().encode([Batch.of(found)])
    return read_body(body, count)


def test_a_column_is_remembered_by_table_and_length_up_to_a_bound(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "_MOST_ROWS", 10)
    ingest.gateway()
    neuron, one = ingest.neuron(), Resolver(ingest.directory)
    for each in (1, 2, 3, 4, 5, 4):
        body = body_of([ph(neuron, 1000 + n, float(n)) for n in range(each)])
        resolved = one.resolve("gw-1", body)
        column = one.column("gw-1", body, resolved)
        assert column.tolist() == resolved.datastreams.tolist() * each
        assert one.column("gw-1", body, resolved) is column
        assert one._rows == sum(map(len, one._columns.values())) <= 10


def test_points_with_different_numbers_of_readings(ingest: Ingest) -> None:
    ingest.gateway()
    neurons, one = [ingest.neuron(), ingest.neuron()], Resolver(ingest.directory)
    body = body_of([ph(neurons[0], 1, 1.0), ph(neurons[0], 2, 1.5), ph(neurons[1], 1, 2.0)])
    resolved = one.resolve("gw-1", body)
    assert one.column("gw-1", body, resolved).tolist() == np.repeat(resolved.datastreams, [2, 1]).tolist()
