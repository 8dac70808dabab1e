"""An SL 651 station: dials in, reports what it measures, answers its centre (SL 651-2014 §6.3, modes M2 and M4)."""

import asyncio
from collections.abc import Iterable
from random import Random
from typing import Final

from protocols.conversation import Send
from protocols.sl651 import Asked, Confirmed, Frame, GaveUp, Station, StationTimes
from protocols.sl651.station import Said
from protocols.vocabulary import Clock
from simulators.devices.sl651_answers import answer_of
from simulators.devices.sl651_link import Sl651Link
from simulators.devices.sl651_logger import Sl651Logger, Sl651Settings
from simulators.environment import Site, World
from simulators.faults import PLAIN, Mouth
from simulators.truth import Witness

MIN_PERIOD_S: Final = 60.0
"""Observation times count whole minutes: a station never reports more often than once in a real minute."""
TICK_S: Final = 1.0
REPORT: Final = 0x32


class Sl651Station:
    """One station; :meth:`run` until cancelled.

    It reports one sample at a time, oldest first. What is not confirmed is sent three times, then the connection is
    taken for dead and the station dials in anew; it goes on with that report, or, if it does not resend, leaves all
    that waits to its memory, where the centre may ask for it.
    """

    def __init__(
        self, site: Site, settings: Sl651Settings, world: World, clock: Clock, witness: Witness | None = None
    ) -> None:
        self.logger = Sl651Logger(site, settings, world, clock, witness)
        self.settings = settings
        self.mouth: Mouth = PLAIN
        """Where its bytes go out."""
        self.unanswered = 0
        """Queries that it did not understand."""
        self._clock = clock
        self._period_s = max(MIN_PERIOD_S, world.tempo.real_s(settings.period_s))
        times = StationTimes(confirm_s=settings.confirm_s, keep_alive_s=settings.keep_alive_s)
        self._line = Station(settings.line, times, part_bytes=settings.part_bytes)
        self._link: Sl651Link | None = None
        self._over = asyncio.Event()
        self._confirmed = 0
        self._chance = Random(f"{world.seed}/{settings.station}")  # noqa: S311 - jitter, no secret

    @property
    def connected(self) -> bool:
        """Whether it has a connection."""
        return self._link is not None and not self._link.lost

    async def run(self) -> None:
        """Measure and report until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._measure())
            tasks.create_task(self._stay_connected())
            tasks.create_task(self._tick())

    async def _measure(self) -> None:
        start = self._clock.monotonic_s()
        number = 0
        while True:
            self.logger.measure(reported=self.settings.resends or self.connected)
            self._report()
            number = max(number + 1, int((self._clock.monotonic_s() - start) // self._period_s))
            await self._clock.sleep(start + number * self._period_s - self._clock.monotonic_s())

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(TICK_S)
            now_s = self._clock.monotonic_s()
            if self._line.due_s is not None and self._line.due_s <= now_s:
                self._say(self._line.wake(now_s))

    async def _stay_connected(self) -> None:
        wait_s = self.settings.retry_s
        while True:
            self._confirmed = 0
            await self._dial()
            if self._confirmed:
                wait_s = self.settings.retry_s
            await self._clock.sleep(wait_s * (1 - self._chance.random() / 2))
            wait_s = min(self.settings.max_retry_s, 2 * wait_s)

    async def _dial(self) -> None:
        """One connection from its beginning to its end."""
        self._over.clear()
        try:
            async with asyncio.timeout(self.settings.confirm_s):
                self._link = await Sl651Link.open(self.settings, self._heard, self._over.set)
        except OSError:
            return  # nobody answers: wait and dial again
        self._link.mouth = self.mouth
        try:
            self._report()
            await self._over.wait()
        finally:
            self._link.close()
            self._link = None

    def _report(self) -> None:
        """Send the oldest sample that waits, unless one is on its way."""
        if not self.connected or not self._line.idle or not self.logger.pending:
            return
        sample = self.logger.pending[0]
        now_s = self._clock.monotonic_s()
        if sample.message is not None:
            self._say(self._line.report_again(sample.message, now_s))
            return
        said = self._line.report(REPORT, self.logger.items(sample), now_s, self.logger.own_ms())
        sample.message = next((one.frame for one in said if isinstance(one, Send)), None)
        if not sample.sent:
            sample.sent = True
            self.logger.tell(sample, "sent")
        self._say(said)

    def _heard(self, frame: Frame) -> None:
        self._say(self._line.receive(frame, self._clock.monotonic_s()))

    def _say(self, said: Iterable[Said]) -> None:
        for one in said:
            match one:
                case Send():
                    if self._link is not None:
                        self._link.send(one.frame)
                case Asked():
                    self._answer(one.query)
                case Confirmed():
                    self._delivered(one.message)
                case GaveUp():
                    self._gave_up()

    def _answer(self, query: Frame) -> None:
        items = answer_of(self.logger, query)
        if items is None:
            self.unanswered += 1
            return
        self._say(self._line.answer(query, items, self._clock.monotonic_s(), self.logger.own_ms()))

    def _delivered(self, message: Frame) -> None:
        self._confirmed += 1
        pending = self.logger.pending
        if pending and pending[0].message == message:
            self.logger.tell(pending.popleft(), "acknowledged")
        self._report()

    def _gave_up(self) -> None:
        """Nobody confirms: the connection is dead."""
        if not self.settings.resends:
            self.logger.pending.clear()
        if self._link is not None:
            self._link.close()
        self._over.set()
