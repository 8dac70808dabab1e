"""One registered device: what it has is learned, what it measures is observed, and what it says becomes readings."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiocoap.numbers import codes

from edge.backoff import Backoff
from edge.coap.observation import Observation
from edge.intake import Intake
from edge.links.link import DeviceRecord, DeviceStatus
from edge.lwm2m.book import Away, Book, Perform
from edge.lwm2m.config import Lwm2m
from edge.lwm2m.dialect import OTHER_FORMAT, Dialect
from edge.lwm2m.memory import Kept
from edge.lwm2m.offer import attributes, instances, standing_notes
from edge.lwm2m.requests import Requests
from edge.lwm2m.rows import Row, Rows, readings
from protocols.coap.observe import Observations
from protocols.lwm2m import Node, Path, Registration
from protocols.lwm2m.resources import SENSOR_UNITS
from protocols.vocabulary import Batch, Clock, LinkDown, ProtocolError

FIRST_RETRY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all devices of a link share."""

    config: Lwm2m
    clock: Clock
    counters: Counter[str]
    book: Book
    requests: Requests
    observations: Observations[Any]


class Device:
    """Implements edge.coap.observation.Taker.

    :param source: as which its readings go.
    :param note: what is to be known of how its model was found.
    """

    def __init__(self, endpoint: str, source: str, rows: Rows, around: Surroundings, note: str = "") -> None:
        self.endpoint = endpoint
        self._note = note
        self.record = DeviceRecord(source)
        self.rows = rows
        self.known: dict[Path, Row] = {}
        """What it has, by the newest registration."""
        self.registration: Registration | None = None
        self.registered = asyncio.Event()
        self.refused: dict[Path, str] = {}
        self._around = around
        self._intake: Intake | None = None
        self.units: dict[Path, str] = {}
        self._observations: dict[Path, Observation] = {}
        self._unobservable: set[Path] = set()
        self.dialect = Dialect(None)
        self._task: asyncio.Task[None] | None = None

    @property
    def settled(self) -> bool:
        """Whether all that it has was asked for."""
        return self._task is None or self._task.done()

    def begin(self, registration: Registration, intake: Intake, group: asyncio.TaskGroup) -> None:
        """It registered, perhaps again: whatever was observed before is to be asked for anew."""
        self.end()
        self.registration, self._intake = registration, intake
        self._heard()
        self.dialect = Dialect(registration)
        self.registered.set()
        self._task = group.create_task(self._settle_in())

    def resume(self, kept: Kept, remote: Any, intake: Intake, group: asyncio.TaskGroup) -> None:
        """An earlier run of the agent knew it: nothing is asked again, unless it was not asked before."""
        self.registration, self._intake = kept.registration, intake
        self.dialect = Dialect(kept.registration)
        self.registered.set()
        self.units = {Path.parse(path): unit for path, unit in kept.units.items()}
        wanted = set(kept.known)
        rows = [row for instance in instances(kept.registration) for row in self.rows.of(instance)]
        self.known = {row.path: row for row in rows if str(row.path) in wanted}
        for path, row in self.known.items():
            if str(path) in kept.tokens and row.observe:
                one = Observation(path, self, self._around.observations, self._around.clock, self._around.counters)
                try:
                    self._around.requests.resume(one, remote, bytes.fromhex(kept.tokens[str(path)]))
                except (ValueError, ProtocolError):  # a file that somebody changed; or too many
                    continue
                self._observations[path] = one
        if not self._observations:
            self._task = group.create_task(self._settle_in())

    def _heard(self, readings: int = 0) -> None:
        clock = self._around.clock
        self.record.heard(clock.now_ms(), readings, now_s=clock.monotonic_s())

    def _look(self, heard_s: float) -> None:
        """What the book knows of it: answers to requests, and what an earlier run of the agent heard."""
        record, now_s = self.record, self._around.clock.monotonic_s()
        if record.heard_s is None or heard_s > record.heard_s:
            if record.heard_s is not None:
                record.state = "up"
            record.heard_s = heard_s
            record.last_seen_ms = self._around.clock.now_ms() - round((now_s - heard_s) * 1000)
        record.look(now_s, self._around.config.idle_s)

    def kept(self) -> tuple[tuple[str, ...], dict[str, str], dict[str, str]]:
        """What it has, its units, and the tokens of its observations, for the memory."""
        tokens = {str(path): one.token.hex() for path, one in self._observations.items() if one.accepted}
        return tuple(map(str, self.known)), {str(path): unit for path, unit in self.units.items()}, tokens

    def end(self) -> None:
        """Its registration is over."""
        self.registered.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        for observation in self._observations.values():
            self._around.requests.forget(observation)
        self._observations.clear()

    def gone(self) -> None:
        """It does not come back by itself."""
        self.end()
        self.record.state = "silent"

    def updated(self, registration: Registration, group: asyncio.TaskGroup) -> None:
        """It is awake: read what it does not notify of, and ask again for what has brought nothing for long."""
        old, self.registration = self.registration, registration
        self._heard()
        if not self.settled:
            return
        changed = old is not None and old.offer != registration.offer
        self._task = group.create_task(self._settle_in() if changed else self._refresh())

    async def _settle_in(self) -> None:
        registration = self.registration
        if registration is None:
            return
        try:
            for instance in instances(registration):
                await self._look_at(instance)
        except Away:
            pass  # the next registration begins anew

    async def _refresh(self) -> None:
        due_s = self._around.clock.monotonic_s() - self._around.config.renew_s
        silent = [path for path, one in self._observations.items() if one.heard_s < due_s]
        try:
            for path in (*silent, *self._unobservable):
                row = self.known.get(path)
                if row is None:  # it is not there any more
                    self._unobservable.discard(path)
                    self._drop(path)
                    continue
                if path in self._observations:
                    self._around.counters["observed_anew"] += 1
                await self._observe(row)
        except Away:
            pass

    async def _look_at(self, instance: Path) -> None:
        rows = self.rows.of(instance)
        if not rows:
            return
        there = await self._learn(instance)
        for row in rows:
            if there is not None and row.path.resource_id not in there and not row.execute:
                self.known.pop(row.path, None)
                continue
            self.known[row.path] = row
            if row.observe and not row.execute and row.path not in self._observations:
                await self._observe(row)

    async def _learn(self, instance: Path) -> set[int | None] | None:
        """Which resources an instance has, and its Sensor Units; None: the device does not tell."""
        nodes = await self.read(instance)
        there = None if nodes is None else {node.path.resource_id for node in nodes}
        if nodes is None and (instance.object_id or 0) >= 3200:
            nodes = await self.read(instance._replace(resource_id=SENSOR_UNITS))
        for node in nodes or ():
            if node.path.resource_id == SENSOR_UNITS and isinstance(node.value, str):
                self.units[instance] = node.value
        return there

    async def read(self, path: Path, *, once: bool = False) -> list[Node] | None:
        """Read an instance or a resource; None: the device refuses, or says something else.

        :param once: it is not asked again when no answer comes.
        :raises LinkDown: no answer came; Away: it is not registered any more.
        """
        asked = partial(self._around.book.ask, self.endpoint) if once else self._asked
        for accept in self.dialect.accepts:
            answer = await asked(self._around.requests.read(self.root, path, accept))
            if answer.code in OTHER_FORMAT:
                continue
            if not answer.code.is_successful():
                return None
            self.dialect.answers(accept)
            try:
                return self.dialect.understood(answer, path, self._around.clock.now_ms())
            except ProtocolError:
                self.record.errors["malformed"] += 1
                return None
        return None

    async def _observe(self, row: Row) -> None:
        around, path = self._around, row.path
        observation = self._observations.get(path)
        if observation is None:
            if (given := attributes(around.config)) and path not in self._unobservable:
                await self._asked(around.requests.attributes(self.root, path, given))
            observation = Observation(path, self, around.observations, around.clock, around.counters)
        self._observations[path] = observation
        answer: Any = None
        for accept in self.dialect.accepts:
            answer = await self._asked(around.requests.observe(self.root, path, observation, accept))
            if answer.code not in OTHER_FORMAT:
                break
        is_there = answer is not None and answer.code.is_successful()
        if is_there and answer.opt.observe is not None:
            self.refused.pop(path, None)
            self._unobservable.discard(path)
            return
        self._drop(path)
        if is_there:
            self._unobservable.add(path)
        else:
            self._unobservable.discard(path)
            if answer is not None and answer.code is codes.NOT_FOUND:
                self.known.pop(path, None)
            self.refused[path] = "no format" if answer is None else str(answer.code.dotted)
            self.record.errors["refused"] += 1

    async def _asked(self, perform: Perform) -> Any:
        """Ask until it is answered.

        :raises Away: the device is not registered any more.
        """
        backoff = Backoff(FIRST_RETRY_S)
        while True:
            try:
                return await self._around.book.ask(self.endpoint, perform)
            except Away:
                raise
            except LinkDown:
                self.record.errors["no_answer"] += 1
                if self.registration is not None and not self.registration.queue_mode:
                    self.record.state = "silent"  # it never sleeps, by its own word
                await self._around.clock.sleep(backoff.next_s())

    def taken(self, observation: Observation, message: Any, *, newer: bool) -> "asyncio.Future[None] | None":
        if not message.code.is_successful():
            return None
        self._around.book.heard(self.endpoint, message.remote)
        now_ms = self._around.clock.now_ms()
        path: Path = observation.what
        try:
            nodes = self.dialect.understood(message, path, now_ms)
        except ProtocolError:
            self.record.errors["malformed"] += 1
            return None
        found, refused = readings(nodes, self.known, self.units, self.record.source, now_ms)
        self.record.errors.update(refused)
        if not newer:  # overtaken on its way: without a time of its own nobody knows when it was so
            dated = [one for one in found if one.time != now_ms]
            self.record.errors.update({"overtaken": len(found) - len(dated)})
            found = dated
        self._heard(len(found))
        return self._intake.put(Batch.of(found)) if found and self._intake is not None else None

    def ended(self, observation: Observation, code: str) -> None:
        path: Path = observation.what
        if observation.accepted:
            self.refused[path] = f"{code}, no longer observed"
            self._drop(path)

    def _drop(self, path: Path) -> None:
        observation = self._observations.pop(path, None)
        if observation is not None:
            self._around.requests.forget(observation)

    @property
    def root(self) -> str:
        """Where it has its objects."""
        return self.registration.offer.root if self.registration is not None else "/"

    def status(self) -> DeviceStatus:
        """With what an engineer wants to know of its registration."""
        standing = self._around.book.registry.standing(self.endpoint)
        if standing is not None:
            self._look(standing.heard_s)
        notes = [self._note] if self._note else []
        if self.registration is not None and standing is not None:
            notes += standing_notes(self.registration, standing, self._around.clock.monotonic_s())
            notes.append(f"{len(self._observations)} observed, {standing.waiting} requests wait")
        elif self.record.state == "silent":
            notes.append("not registered any more")
        notes += [f"{path} refused: {code}" for path, code in self.refused.items()]
        return self.record.status(tuple(notes))
