"""Tells Home Assistant of datastreams and their newest readings, each second what changed; behind nothing waits."""

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from cloud.api.times import format_time
from cloud.broker.line import Endpoint, Inbound
from cloud.broker.session import BrokerSession
from cloud.config import HomeAssistant as Settings
from cloud.home_assistant.sensor import Sensor, State
from cloud.registry.datastreams import Datastream
from cloud.registry.directory import Directory
from cloud.registry.selection import Selection
from cloud.store.port import Columns
from protocols.vocabulary import Clock, reason_names

log = logging.getLogger(__name__)

ROUND_S: Final = 1.0
PER_ROUND: Final = 1_000
"""Messages; what is over goes in the next round, then with what is newest then."""
_NO_ROWS: Final = np.zeros(0, np.bool_)


class Newest(Protocol):
    """The newest readings, in memory."""

    def snapshot(self, datastreams: NDArray[np.int32]) -> Columns:
        """Of these; a datastream without any is left out."""
        ...


class HomeAssistant:
    """``run`` lives until it is cancelled; ``watch`` is told of commits and costs them nothing.

    What changed is remembered per datastream, not per reading: a slow broker hears fewer states, not older ones.
    """

    def __init__(
        self, settings: Settings, endpoint: Endpoint, directory: Directory, latest: Newest, clock: Clock
    ) -> None:
        self.left_out = 0
        """Datastreams for which there was no room."""
        self._settings = settings
        self._directory = directory
        self._latest = latest
        self._clock = clock
        self._changed = _NO_ROWS
        """By the datastream's number."""
        self._sensors: dict[int, Sensor] = {}
        self._announced: dict[int, Datastream] = {}
        self._generation = -1
        status = f"{settings.topic}/status"
        self._birth = status, b"online"
        self._session = BrokerSession(
            endpoint,
            "yingzhou-home-assistant",
            [(f"{settings.discovery_prefix}/status", 1)],
            self._heard,
            clock,
            will=(status, b"offline"),
            greet=self._anew,
        )

    @property
    def connected(self) -> bool:
        """Whether the broker hears us."""
        return self._session.connected.is_set()

    def watch(self, columns: Columns) -> None:
        """Readings were committed."""
        if len(columns):
            most = int(columns.datastream.max())
            if most >= len(self._changed):
                self._changed = np.concatenate([self._changed, np.zeros(most + 1024, np.bool_)])
            self._changed[columns.datastream] = True

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._session.run())
            group.create_task(self._rounds())

    def _heard(self, message: Inbound) -> None:
        if message.payload == b"online" and not message.retained:
            self._anew()
        message.settle()

    def _anew(self) -> None:
        """We are connected, or Home Assistant has started: all of it."""
        self._session.publish(*self._birth, retain=True)
        self._announced.clear()

    async def _rounds(self) -> None:
        while True:
            await self._clock.sleep(ROUND_S)
            if not self.connected or self._session.busy:
                continue
            try:
                self._choose()
            except SQLAlchemyError as error:
                log.warning("Home Assistant is told later: %s", error)
                continue
            self._tell()

    def _choose(self) -> None:
        """Which datastreams are sensors."""
        generation = self._directory.generation
        if generation == self._generation:
            return
        settings = self._settings
        wanted = (
            stream
            for stream in self._directory.datastreams(Selection(frozenset(settings.towns)))
            if not settings.kinds or stream.kind in settings.kinds
        )
        sensors = {
            stream.number: Sensor(settings.discovery_prefix, settings.topic, stream)
            for stream in itertools.islice(wanted, settings.most)
        }
        self.left_out = sum(1 for _ in wanted)
        self._sensors, self._generation = sensors, generation

    def _tell(self) -> None:
        """Sensors that are new, or that changed, with their states; then other states that changed."""
        fresh = [number for number, sensor in self._sensors.items() if self._announced.get(number) != sensor.stream]
        fresh = fresh[: PER_ROUND // 2]
        for number in fresh:
            sensor = self._sensors[number]
            self._session.publish(sensor.config_topic, sensor.config(), retain=True)
            self._announced[number] = sensor.stream
        changed = self._changed.nonzero()[0].tolist()
        due = [number for number in changed if number in self._announced]
        chosen = list(dict.fromkeys([*fresh, *due]))[: PER_ROUND - len(fresh)]
        self._changed[[number for number in changed if number not in self._sensors]] = False
        self._changed[[number for number in chosen if number < len(self._changed)]] = False
        self._say(np.array(chosen, np.int32), self._session.publish)

    def _say(self, numbers: NDArray[np.int32], publish: "Callable[..., None]") -> None:
        newest = self._latest.snapshot(numbers)
        rows = zip(newest.datastream, newest.time, newest.value, newest.quality, newest.reasons, strict=True)
        for number, time, value, quality, reasons in rows:
            sensor = self._sensors[int(number)]
            told = State(int(time), None if np.isnan(value) else float(value), int(quality), int(reasons))
            payload = sensor.state(told, format_time(told.time_ms), reason_names(told.reasons))
            publish(sensor.state_topic, payload, 0, retain=True)
