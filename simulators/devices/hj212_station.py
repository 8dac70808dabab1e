"""An HJ 212-2017 station: dials in, uploads real-time data (2011), keeps what was not acknowledged (§6.6, §6.8)."""

import asyncio
from random import Random
from typing import Final

from protocols.vocabulary import Clock
from simulators.devices.hj212_link import Hj212Link
from simulators.devices.hj212_log import Upload
from simulators.devices.hj212_logger import Hj212Logger, Hj212Settings
from simulators.environment import Site, World
from simulators.faults import PLAIN, Mouth
from simulators.truth import Witness

MIN_PERIOD_S: Final = 1.0
"""DataTime counts whole seconds: a station never uploads more often than once in a real second."""


class Hj212Station:
    """One station; :meth:`run` until cancelled.

    An upload that is not acknowledged is sent again, byte by byte the same, ``tries`` times in all; then the connection
    is taken for dead, the station dials in anew and goes on: the newest reading first, then its log from the oldest on.
    """

    def __init__(
        self, site: Site, settings: Hj212Settings, world: World, clock: Clock, witness: Witness | None = None
    ) -> None:
        self.logger = Hj212Logger(site, settings, world, clock, witness)
        self.settings = settings
        self.mouth: Mouth = PLAIN
        """Where its bytes go out."""
        self._clock = clock
        self._period_s = max(MIN_PERIOD_S, world.tempo.real_s(settings.period_s))
        self._chance = Random(f"{world.seed}/{settings.mn}")  # noqa: S311 - jitter, no secret

    async def run(self) -> None:
        """Measure and upload until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._measure())
            tasks.create_task(self._stay_connected())

    async def _measure(self) -> None:
        start = self._clock.monotonic_s()
        number = 0
        while True:
            self.logger.measure()
            number = max(number + 1, int((self._clock.monotonic_s() - start) // self._period_s))
            await self._clock.sleep(start + number * self._period_s - self._clock.monotonic_s())

    async def _stay_connected(self) -> None:
        wait_s = self.settings.retry_s
        while True:
            if await self._dial():
                wait_s = self.settings.retry_s
            await self._clock.sleep(wait_s * (1 - self._chance.random() / 2))
            wait_s = min(self.settings.max_retry_s, 2 * wait_s)

    async def _dial(self) -> bool:
        """One connection from its beginning to its end; whether anything was acknowledged on it."""
        link = Hj212Link(self.logger, self.mouth)
        try:
            async with asyncio.timeout(self.settings.answer_timeout_s):
                await asyncio.get_running_loop().create_connection(lambda: link, self.settings.host, self.settings.port)
        except OSError:
            return False  # nobody answers: wait and dial again
        return await self._upload(link)

    async def _upload(self, link: Hj212Link) -> bool:
        """Send what waits until the connection is lost or given up; whether anything was acknowledged on it."""
        try:
            while not link.lost:
                upload = self.logger.log.following()
                if upload is None:
                    self.logger.news.clear()
                    await self.logger.news.wait()
                elif not await self._deliver(link, upload):
                    break
        finally:
            link.close()
        return link.acknowledged > 0 or not self.settings.wants_answer

    async def _deliver(self, link: Hj212Link, upload: Upload) -> bool:
        """Send one upload until it is acknowledged; False when the tries are used up or the connection is lost."""
        for _ in range(self.settings.tries):
            if not upload.sent:
                upload.sent = True
                self.logger.tell(upload.said, "sent")
            link.send(upload.frame)
            if not self.settings.wants_answer:
                self.logger.log.remove(upload.qn)
            try:
                async with asyncio.timeout(self.settings.answer_timeout_s):
                    while upload.qn in self.logger.log and not link.lost:
                        self.logger.news.clear()
                        await self.logger.news.wait()
            except TimeoutError:
                continue
            return not link.lost
        return False
