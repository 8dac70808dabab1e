from pathlib import Path

from cloud.ingest.ledger import Ledger, Seen
from cloud.ingest.look_ahead import LookAhead
from cloud.ingest.parcel import Parcel, Source
from cloud.registry import envelopes
from cloud.store.port import EnvelopeKey
from tests.cloud.ingest.harness import EPOCH, NOW, Ingest, ph


def parcel(payload: bytes, source: Source = Source.ENVELOPE) -> Parcel:
    return Parcel(source, "gw-1", "yz/v1/gw-1/up/batch", payload, lambda: None)


def test_what_another_worker_holds_is_known_before_it_is_read(tmp_path: Path) -> None:
    ingest = Ingest(tmp_path).open()
    ingest.gateway()
    neuron = ingest.neuron()
    waiting = [parcel(ingest.envelope(number, [ph(neuron, NOW + number, 7)])) for number in (1, 2, 3)]
    others = EnvelopeKey("gw-1", 1, EPOCH, 2, 99)
    with ingest.database.begin() as tx:
        envelopes.note(tx, [others, EnvelopeKey("gw-1", 1, EPOCH, 7, 5), EnvelopeKey("gw-2", 1, EPOCH, 1, 5)])
    ledger = Ledger(ingest.store, shared=True)
    ahead = LookAhead(ledger, ingest.database)
    assert ahead.look([*waiting, parcel(b"junk"), parcel(b"[]", Source.SENML)]) == [others]
    ledger.learned([others])
    assert ahead.look(waiting[1:2]) == [], "what is known is not asked again"
    assert ledger.look(others) is Seen.HELD
    assert ledger.look(others._replace(digest=98)) is Seen.CONFLICT
    assert ledger.look(others._replace(sequence=1)) is Seen.NEW
    ingest.close()


def test_a_shared_ledger_remembers_what_is_new_and_no_more(tmp_path: Path) -> None:
    ingest = Ingest(tmp_path).open()
    ledger = Ledger(ingest.store, shared=True)
    for number in range(0, 1000, 2):
        ledger.committed([EnvelopeKey("gw-1", 1, EPOCH, number, 1)])
    assert ledger.knows(("gw-1", 1, EPOCH, 998))
    assert not ledger.knows(("gw-1", 1, EPOCH, 2))
    ((held),) = ledger.acknowledgement("gw-1", {(1, EPOCH): [998]}).held
    assert (998, 998) in held.ranges
    ingest.close()
