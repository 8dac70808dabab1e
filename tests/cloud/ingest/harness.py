"""The ingest path on a real registry and a real store, without a broker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from cloud.geo.towns import Place
from cloud.ingest.doors.readers import SenmlReader, SightingReader
from cloud.ingest.latest import Latest
from cloud.ingest.ledger import Ledger
from cloud.ingest.parcel import Parcel, Source
from cloud.ingest.pipeline import Pipeline
from cloud.ingest.reader import EnvelopeReader
from cloud.registry import datastreams, gateways, neurons, quarantine
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.directory import Directory
from cloud.registry.gateways import Credentials
from cloud.registry.mac_keys import MacKeys
from cloud.registry.neurons import Neuron
from cloud.registry.quarantine import Quarantined
from cloud.registry.selection import Site
from cloud.secrets import Secrets
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns
from protocols.uplink import Ack, BodyEncoder, Header, Stream, sign, unsigned
from protocols.vocabulary import Batch, ManualClock, Point, Reading
from protocols.vocabulary.topics import UP_BATCH, UP_EVENT, topic
from tests.cloud.registry.place import registry_url

NOW = 1_800_000_000_000
EPOCH = NOW << 16


class Ingest:
    """Everything between a message and its acknowledgement; ``open`` and ``close`` as often as a test likes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(NOW)
        self.secrets = Secrets.open(folder / "secrets")
        self.database = Database(registry_url(folder))
        self.encoder = BodyEncoder()
        self.credentials: dict[str, Credentials] = {}
        self.settled: list[Parcel] = []
        self.answers: list[Ack] = []
        self.holds: list[bool] = []
        self.committed: list[Columns] = []

    def open(self) -> "Ingest":
        self.database.__enter__()
        self.store = DuckDBStore(self.folder / "readings.duckdb", memory_mb=128, threads=1)
        self.store.open()
        self.directory = Directory(self.database)
        self.ledger = Ledger(self.store)
        self.latest = Latest()
        keys = MacKeys(self.database, self.secrets, self.clock)
        self.reader = EnvelopeReader(keys, self.directory, self.ledger, self.clock)
        readers = dict.fromkeys((Source.ENVELOPE.value, Source.REPLAY.value, Source.REMAINDER.value), self.reader)
        self.pipeline = Pipeline(
            readers={
                **readers,
                Source.SENML.value: SenmlReader(self.directory, self.clock),
                Source.SIGHTINGS.value: SightingReader(self.directory, self.clock),
            },
            place=self.reader.place,
            store=self.store,
            ledger=self.ledger,
            latest=self.latest,
            registry=self.database,
            clock=self.clock,
            answer=self.answers.append,
            hold=self.holds.append,
            committed=self.committed.append,
            name=str,
        )
        self.pipeline.load()
        return self

    def close(self) -> None:
        self.store.close()
        self.database.__exit__(None, None, None)

    # -- the registry ----------------------------------------------------------------------------------------------

    def gateway(self, name: str = "gw-1") -> bytes:
        """Register one and give its key; again: rotate."""
        with self.database.begin() as tx:
            if name not in self.credentials:
                gateways.add(tx, name, "", 1)
            self.credentials[name] = gateways.rotate(tx, name, self.secrets, self.clock.now_ms())
        return self.credentials[name].hmac_key

    def neuron(self, gateway: str | None = "gw-1", *series: str) -> str:
        with self.database.begin() as tx:
            neuron = Neuron("", "water_quality", "", gateway, Site(Place("310151101")), {})
            return neurons.add(tx, neuron, [Series(name, "1") for name in series or ("ph", "orp")], 1).id

    def number(self, neuron: str, series: str = "ph") -> int:
        with self.database.read() as tx:
            return next(s.number for s in datastreams.of_neurons(tx, [neuron]) if s.point.series == series)

    def quarantined(self, reason: str | None = None) -> list[Quarantined]:
        with self.database.read() as tx:
            return quarantine.page(tx, 1000, reason=reason).items

    # -- envelopes -------------------------------------------------------------------------------------------------

    def envelope(
        self,
        sequence: int,
        readings: Sequence[Reading],
        *,
        gateway: str = "gw-1",
        epoch: int = EPOCH,
        key: bytes | None = None,
        late: bool = False,
        flags: int = 0,
        stream: Stream = Stream.READINGS,
        body: bytes | None = None,
    ) -> bytes:
        count = len(readings)
        if body is None:
            body, count = self.encoder.encode([Batch.of(readings)])
        header = Header(gateway, epoch, sequence, count, NOW, 5, stream=stream, flags=flags)
        known = self.credentials.get(gateway)
        secret = key if key is not None else (known.hmac_key if known else b"none")
        return sign(unsigned(header, body), secret, key_id=(known.key_id if known else 0) % 256, late=late)

    def parcel(self, payload: bytes, gateway: str = "gw-1", source: Source = Source.ENVELOPE) -> Parcel:
        leaf = UP_EVENT if payload[3:4] == b"\x02" else UP_BATCH
        parcel = Parcel(source, gateway, topic(gateway, leaf), payload, lambda: self.settled.append(parcel))
        return parcel

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Pipeline]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.pipeline.run())
            yield self.pipeline
            task.cancel()

    async def until(self, what: Callable[[], object], *, turn_clock: bool = True) -> None:
        async with asyncio.timeout(15):
            while not what():
                if turn_clock:
                    self.clock.advance(0.1)
                await asyncio.sleep(0.002)

    async def take(self, *payloads: bytes, gateway: str = "gw-1") -> list[Parcel]:
        """Receive them, and wait until they are settled."""
        parcels = [self.parcel(payload, gateway) for payload in payloads]
        before = len(self.settled)
        async with self.running() as pipeline:
            for parcel in parcels:
                pipeline.receive(parcel)
            await self.until(lambda: len(self.settled) >= before + len(parcels), turn_clock=False)
        return parcels

    def stored(self, neuron: str, series: str = "ph") -> list[tuple[int, float]]:
        found = self.store.raw([self.number(neuron, series)], 0, 2**62, limit=10**6)
        return list(zip(found.time.tolist(), found.value.tolist(), strict=True))

    def held(self, epoch: int = EPOCH, stream: int = 1) -> list[tuple[int, int]]:
        """As the gateway was told so far."""
        found: list[tuple[int, int]] = []
        for ack in self.answers:
            found += [r for held in ack.held if (held.epoch, held.stream) == (epoch, stream) for r in held.ranges]
        return found


def ph(neuron: str, time: int, value: float) -> Reading:
    return Reading(Point(neuron, "ph"), time, value)
