"""The path of every reading in the cloud: parcels in, one commit for many, acknowledgements out."""

import asyncio
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final, Protocol

import duckdb
import numpy as np
from sqlalchemy.exc import SQLAlchemyError

from cloud.ingest.backlog import Backlog
from cloud.ingest.latest import Frontier, Latest
from cloud.ingest.ledger import Ledger
from cloud.ingest.opened import alike
from cloud.ingest.parcel import Opened, Parcel, Prepared, Runs
from cloud.ingest.reader import suspect_parcel
from cloud.registry import commands, configurations, events, quarantine
from cloud.registry.database import Database
from cloud.store.port import Columns, CommitReport, EnvelopeKey, Store, StoreError
from protocols.uplink import Ack
from protocols.vocabulary import Clock

log = logging.getLogger(__name__)

PER_COMMIT: Final = 250_000
"""Readings in one commit, about."""
PARCELS_PER_COMMIT: Final = 4000
BYTES_PER_COMMIT: Final = 16 << 20
"""Likewise, for those with few readings or none."""
GATHER_S: Final = 0.05
_LOOK_AT: Final = 1000
"""Parcels of which others are asked at once."""
_BREATH: Final = 16
"""Parcels decoded before others on the event loop get their turn."""
RETRY_CAP_S: Final = 30.0
SLOW_COMMIT_S: Final = 3.0
"""A commit that takes longer, while senders are held back, is told to whoever asks whether all is well."""
UNREACHABLE_S: Final = 1.0
"""Until registry or store are asked again."""
_UNREACHABLE: Final = (SQLAlchemyError, duckdb.Error, StoreError)


class ParcelReader(Protocol):
    """Turns a parcel of its kind into readings with a place, or opens it; see :class:`cloud.ingest.parcel.Opened`."""

    def read(self, parcel: Parcel, into: Prepared) -> Runs | None: ...


@dataclass(slots=True)
class IngestCounts:
    """What happened so far; each number only grows."""

    parcels: int = 0
    readings_stored: int = 0
    readings_duplicate: int = 0
    readings_conflicting: int = 0
    readings_too_old: int = 0
    quarantined: int = 0
    events_stored: int = 0
    commits: int = 0
    commit_failures: int = 0


class Pipeline:
    """One decoder and one committer, each working while the other does.

    :param readers: by the name of the parcel's source.
    :param place: see :func:`cloud.ingest.opened.place`.
    :param answer: publishes an acknowledgement.
    :param hold: told True when the broker should hold back, False when it may go on.
    :param committed: told of the readings that are now in the store.
    :param name: the key of a datastream, by its number.
    :param ahead: asked in a thread, before parcels are read, which of their envelopes others have stored.
    :param announce: told after each commit and before its acknowledgements.
    """

    def __init__(  # noqa: PLR0913 - the pipeline is where everything meets
        self,
        *,
        readers: dict[str, ParcelReader],
        place: Callable[[Sequence[Opened], Prepared], list[Runs] | None],
        store: Store,
        ledger: Ledger,
        latest: Latest,
        registry: Database,
        clock: Clock,
        answer: Callable[[Ack], None],
        hold: Callable[[bool], None],
        committed: Callable[[Columns], None],
        name: Callable[[int], str],
        bounds: quarantine.Bounds | None = None,
        ahead: Callable[[Sequence[Parcel]], list[EnvelopeKey]] | None = None,
        announce: Callable[[Prepared], Awaitable[None]] | None = None,
    ) -> None:
        self.counts = IngestCounts()
        self.reasons: Counter[str] = Counter()
        self.failing: str | None = None
        """Why the last commit could not be made; None: it was made."""
        self._readers = readers
        self._place = place
        self._store = store
        self._ledger = ledger
        self._latest = latest
        self._frontier = Frontier()
        self._registry = registry
        self._clock = clock
        self._answer = answer
        self._committed = committed
        self._name = name
        self._ahead = ahead
        self._announce = announce
        self._bounds = bounds or quarantine.Bounds()
        self.backlog = Backlog(hold)
        self._writing_since: float | None = None
        self._wake = asyncio.Event()
        self._ready: asyncio.Queue[Prepared] = asyncio.Queue(maxsize=1)
        self._order = asyncio.Lock()  # who passed the frontier first is committed first

    @property
    def waiting(self) -> int:
        """Parcels that wait to be decoded."""
        return len(self.backlog)

    def trouble(self) -> str | None:
        """Why readings are not taken as they come; None: they are."""
        if self.failing is not None or self._writing_since is None or not self.backlog.held_back:
            return self.failing
        took = self._clock.monotonic_s() - self._writing_since
        if took < SLOW_COMMIT_S:
            return None
        megabytes = self.backlog.bytes / 1e6
        return f"a commit has taken {took:.0f} s so far, {self.waiting} messages ({megabytes:.1f} MB) wait"

    def load(self) -> None:
        """Read what the store holds; blocks."""
        newest = self._store.latest()
        self._latest.load(newest)
        self._frontier.load(newest)
        self._ledger.load()

    def receive(self, parcel: Parcel) -> None:
        """Take a parcel; it is settled once what became of it is on disk."""
        self.backlog.add(parcel)
        self._wake.set()

    async def write(self, columns: Columns) -> CommitReport:
        """Readings whose datastreams are known already, in a commit of their own."""
        async with self._order:
            self._frontier.pass_any(columns)
            report = await self._queued(Prepared(late=[columns], readings=len(columns)))
        return await report

    async def replay(self, parcel: Parcel) -> tuple[CommitReport, Prepared]:
        """A parcel out of quarantine, in a commit of its own; what is still refused goes back there."""
        prepared = Prepared()
        async with self._order:
            self.prepare(parcel, prepared)
            self.placed(prepared)
            report = await self._queued(prepared)
        return await report, prepared

    async def _queued(self, prepared: Prepared) -> "asyncio.Future[CommitReport]":
        prepared.report = asyncio.get_running_loop().create_future()
        await self._ready.put(prepared)
        return prepared.report

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._decode())
            group.create_task(self._commit())

    # -- decoding ------------------------------------------------------------------------------------------------

    async def _decode(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            while self.backlog:
                async with self._order:
                    await self._ready.put(await self._gathered())
                self.backlog.relieve()

    async def _gathered(self) -> Prepared:
        prepared = Prepared()
        most = await self._looked()
        while self.backlog and not _full(prepared, most):
            for _ in repeat(None, min(_BREATH, self.waiting, most - len(prepared.parcels))):
                try:
                    self.prepare(self.backlog.first(), prepared)
                except _UNREACHABLE as error:
                    log.error("parcels wait for registry or store: %s", error)  # noqa: TRY400 - tried again
                    self.placed(prepared)
                    await self._clock.sleep(UNREACHABLE_S)
                    return prepared
                self.backlog.drop_first()
            self.placed(prepared)
            await asyncio.sleep(0)
        return prepared

    async def _looked(self) -> int:
        """How many of those that wait may be read now."""
        if self._ahead is None:
            return PARCELS_PER_COMMIT
        parcels = self.backlog.head(_LOOK_AT)
        while True:
            try:
                held = await asyncio.to_thread(self._ahead, parcels)
            except SQLAlchemyError as error:
                log.error("parcels wait for the registry: %s", error)  # noqa: TRY400 - tried again
                await self._clock.sleep(UNREACHABLE_S)
            else:
                self._ledger.learned(held)
                return len(parcels)

    def noted(self, columns: Columns) -> None:
        """Readings that another worker has committed."""
        self._frontier.pass_any(columns)
        self._latest.take(columns)
        self._committed(columns)

    def prepare(self, parcel: Parcel, into: Prepared) -> None:
        """Read one parcel, the readings of envelopes with :meth:`placed`; what is wrong with it concerns it alone.

        :raises SQLAlchemyError: the registry cannot be asked. Nothing of the parcel was taken.
        :raises StoreError: the store cannot be asked, or duckdb.Error. Likewise.
        """
        try:
            runs = self._read(parcel, into)
        except _UNREACHABLE:
            raise
        except Exception as error:  # noqa: BLE001 - the supervisor of parcels: one bad message never stops the next
            runs = None
            self._suspect(parcel, error, into)
        self.counts.parcels += 1
        into.parcels.append(parcel)
        into.bytes += len(parcel.payload)
        if runs is not None:
            self.placed(into)  # they came before it
            self._sort_in(runs, into, again=parcel.again)

    def placed(self, into: Prepared) -> None:
        """The readings of envelopes that were opened: those that are alike in one go."""
        opened, into.opened = into.opened, []
        for some in alike(opened):
            if len(some) == 1 or not self._placed(some, into):
                for one in some:
                    self._placed([one], into)

    def _placed(self, opened: Sequence[Opened], into: Prepared) -> bool:
        """Whether they were placed; if not, nothing was done, but that one alone became a suspect."""
        try:
            found = self._place(opened, into)
        except Exception as error:  # noqa: BLE001 - likewise
            if len(opened) == 1:
                self._suspect(opened[0].parcel, error, into)
            return False
        for runs in found or ():
            self._sort_in(runs, into, again=opened[0].parcel.again)
        return found is not None

    def _suspect(self, parcel: Parcel, error: Exception, into: Prepared) -> None:
        suspect = suspect_parcel(parcel, error, self._clock.now_ms())
        if suspect.reason == "crashed":
            log.error("parcel on %s crashed its reader", parcel.topic, exc_info=error)
        into.suspects.append(suspect)

    def _read(self, parcel: Parcel, into: Prepared) -> Runs | None:
        """What a database's failure interrupts is undone and tried once more: one that was restarted answers then."""
        reader = self._readers[parcel.source.value]
        envelopes, suspects, opened = len(into.envelopes), len(into.suspects), len(into.opened)
        for last in (False, True):
            try:
                return reader.read(parcel, into)
            except _UNREACHABLE as error:
                if last and self._reachable():
                    raise RuntimeError(f"{error}") from error  # it is the parcel's own doing
                self._ledger.forget(into.envelopes[envelopes:])
                del into.envelopes[envelopes:], into.suspects[suspects:], into.opened[opened:]
                if last:
                    raise
        return None

    def _reachable(self) -> bool:
        try:
            self._store.digest("", 0, 0, 0)
            with self._registry.read() as tx:
                quarantine.totals(tx)
        except _UNREACHABLE:
            return False
        return True

    def _sort_in(self, runs: Runs, into: Prepared, *, again: bool) -> None:
        """Fresh or late, which is looked up before it is written."""
        columns = runs.columns
        into.readings += len(columns)
        if again or not runs.distinct:
            self._frontier.pass_any(columns)
            into.late.append(columns)
            return
        late = self._frontier.pass_runs(runs.datastreams, runs.counts, columns.time, runs.each)
        if late is None:
            into.fresh.append(columns)
            into.counts.append(runs.counts)
        elif late.all():
            into.late.append(columns)
        else:
            rows = np.repeat(late, runs.counts)
            into.late.append(columns.take(rows))
            into.fresh.append(columns.take(~rows))
            into.counts.append(runs.counts[~late])

    # -- committing ----------------------------------------------------------------------------------------------

    async def _commit(self) -> None:
        while True:
            prepared = await self._ready.get()
            self._writing_since = self._clock.monotonic_s()
            report = await self._written(prepared)
            if self._announce is not None:
                await self._announce(prepared)
            self._done(prepared, report)
            self._writing_since = None

    async def _written(self, prepared: Prepared) -> CommitReport:
        """Try until the store has it: nothing is acknowledged meanwhile, and the broker is held back by the bound."""
        tries = 0
        while True:
            try:
                report = await asyncio.to_thread(self._write, prepared, again=tries > 0)
            except Exception as error:  # an error of ours, too: questions and alarms go on, and /readyz tells of it
                self.counts.commit_failures += 1
                self.failing = (str(error) or type(error).__name__).splitlines()[0][:200]
                tries += 1
                if isinstance(error, (*_UNREACHABLE, OSError)):
                    log.error("commit of %d readings failed: %s", prepared.readings, error)  # noqa: TRY400 - retried
                else:
                    log.exception("commit of %d readings failed", prepared.readings)
                await self._clock.sleep(min(RETRY_CAP_S, 0.5 * 2**tries))
            else:
                self.failing = None
                return report

    def _write(self, prepared: Prepared, *, again: bool) -> CommitReport:
        """Events and quarantine first, then the store: whatever is acknowledged is in one of them. Blocks.

        :param again: an earlier try failed, nobody knows how far it came.
        """
        now_ms = self._clock.now_ms()
        if (prepared.suspects or prepared.events) and not prepared.registered:
            self._register(prepared)
            prepared.registered = True
        fresh = Columns.join(prepared.fresh)
        report = self._store.commit(
            fresh,
            Columns.join(prepared.late),
            prepared.envelopes,
            now_ms,
            again=again,
            keep=lambda rows: self._keep(self._rows(rows, now_ms, "conflict", "another value is stored")),
            left_out=lambda rows: self._keep(self._rows(rows, now_ms, "too_old", "the store keeps nothing as old")),
        )
        if prepared.counts:
            self._latest.advance(fresh.take(np.cumsum(np.concatenate(prepared.counts)) - 1))
        self._latest.take(report.late)
        return report

    def _register(self, prepared: Prepared) -> None:
        with self._registry.begin() as tx:
            quarantine.add(tx, prepared.suspects, self._bounds)
            prepared.events = events.add(tx, prepared.events)
            for takers in (commands, configurations):
                takers.heed_events(tx, prepared.events, self._clock.now_ms())

    def _keep(self, suspect: quarantine.Suspect) -> None:
        with self._registry.begin() as tx:
            quarantine.add(tx, [suspect], self._bounds)

    def _rows(self, columns: Columns, now_ms: int, reason: str, why: str) -> quarantine.Suspect:
        """Readings that were not stored, kept to be looked at."""
        rows = zip(columns.datastream, columns.time, columns.value, columns.quality, columns.reasons, strict=True)
        keys = {number: self._name(number) for number in set(columns.datastream.tolist())}
        payload = json.dumps(
            [[keys[int(d)], int(t), repr(float(v)), int(q), int(r)] for d, t, v, q, r in rows]
        ).encode()
        return quarantine.Suspect(
            received_ms=now_ms,
            gateway="",
            topic="",
            reason=reason,
            detail=f"{len(columns)} readings of {', '.join(sorted(keys.values())[:5])}: {why}",
            source="rows",
            payload=payload,
            dedupe=f"{reason}/{hashlib.sha256(payload).hexdigest()}",
        )

    def _done(self, prepared: Prepared, report: CommitReport) -> None:
        self.counts.commits += 1
        self.counts.readings_stored += report.stored
        self.counts.readings_duplicate += report.duplicates
        self.counts.readings_conflicting += len(report.conflicts)
        self.counts.readings_too_old += report.too_old
        self.counts.quarantined += len(prepared.suspects)
        self.counts.events_stored += len(prepared.events)
        self.reasons.update(suspect.reason for suspect in prepared.suspects)
        self._ledger.committed(prepared.envelopes)
        for gateway, streams in prepared.answers.items():
            self._answer(self._ledger.acknowledgement(gateway, streams))
        for parcel in prepared.parcels:
            parcel.settle()
        if prepared.report is not None and not prepared.report.done():
            prepared.report.set_result(report)
        for columns in (*prepared.fresh, report.late):
            if len(columns):
                self._committed(columns)


def _full(prepared: Prepared, most_parcels: int) -> bool:
    return (
        prepared.readings >= PER_COMMIT or len(prepared.parcels) >= most_parcels or prepared.bytes >= BYTES_PER_COMMIT
    )
