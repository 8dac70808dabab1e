"""Takes configurations from afar: refused, or tried until the gateway has proved that it can be reached with it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from edge.blocking import whole
from edge.commands.executor import Notes
from edge.remote.store import ConfigStore
from protocols.uplink import Configuration, Kind, Result, Signed
from protocols.vocabulary import Clock, ConfigError, Event, ProtocolError, wait_at_most

log = logging.getLogger(__name__)

TRIAL_S: Final = 120.0
"""Within this time one on trial must have reached the cloud."""
SETTLE_S: Final = 10.0
"""For so long without a break."""
LOOK_S: Final = 0.5
MAX_HEARD: Final = 4
"""Configurations that may wait; of more, the oldest are dropped: they come again."""
_REASON: Final = 2000
"""Characters of a reason in an event."""


class Restart(Exception):
    """Another configuration is in force now: the agent has to start anew."""


class Keeper:
    """``run`` ends by Restart when another configuration is in force.

    :param check: looks at a text and its version, and says what is to be told although it is right. ConfigError: it is
        wrong.
    :param connected: whether the cloud is reached now.
    :param say: takes a signed result for the cloud; it may be lost.
    """

    def __init__(  # noqa: PLR0913 - it stands between cloud, disk and spool
        self,
        gateway: str,
        key: bytes,
        store: ConfigStore,
        *,
        check: Callable[[str, int], str],
        notes: Notes,
        clock: Clock,
        connected: Callable[[], bool],
        say: Callable[[bytes], None],
    ) -> None:
        self.untrusted = 0
        self._gateway = gateway
        self._key = key
        self._store = store
        self._check = check
        self._notes = notes
        self._clock = clock
        self._connected = connected
        self._say = say
        self._heard: deque[Configuration] = deque(maxlen=MAX_HEARD)
        self._wake = asyncio.Event()

    def status(self) -> Mapping[str, Any]:
        """For the agent's status: which version is in force."""
        standing = self._store.standing
        running = standing.trial or standing.good
        return {
            "version": None if running is None else running.version,
            "on_trial": standing.trial is not None,
            "damaged": self._store.damaged,
            "untrusted": self.untrusted,
        }

    def hear(self, payload: bytes) -> None:
        """A message from ``down/config``; never blocks."""
        try:
            message = Signed.of_gateway(payload, Kind.CONFIGURATION, self._gateway, (self._key,))
            self._heard.append(Configuration.of(message.body))
        except ProtocolError as error:
            self.untrusted += 1
            log.warning("a configuration that is not to be trusted: %s", error)
            return
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled, or another configuration is in force.

        :raises Restart: it is.
        """
        trial_until_s = self._clock.monotonic_s() + TRIAL_S
        connected_s: float | None = None
        while True:
            self._wake.clear()
            while self._heard:
                await self._take(self._heard.popleft())
            await self._tell_ends()
            if self._store.standing.trial is None:
                await self._wake.wait()
                continue
            now_s = self._clock.monotonic_s()
            connected_s = (now_s if connected_s is None else connected_s) if self._connected() else None
            if connected_s is not None and now_s - connected_s >= SETTLE_S:
                if await _done(partial(self._store.confirm, self._clock.now_ms())):
                    continue
            elif now_s >= trial_until_s:
                reason = f"the cloud was not reached for {SETTLE_S:g} s within {TRIAL_S:g} s"
                if await _done(partial(self._store.roll_back, reason, self._clock.now_ms())):
                    raise Restart
            await wait_at_most(self._clock, LOOK_S, self._wake)

    async def _take(self, one: Configuration) -> None:
        standing = self._store.standing
        known = next((end for end in standing.ends if end.id == one.id), None)
        if known is not None:
            self._tell(known)
        elif (trial := standing.trial) is not None and trial.id == one.id:
            self._tell(Result(one.id, one.version, "trying", self._clock.now_ms(), reason=trial.warning))
        elif one.version <= standing.highest:
            await self._refuse(one, f"version {one.version}: expected more than {standing.highest}")
        else:
            await self._try(one)

    async def _try(self, one: Configuration) -> None:
        try:
            warning = self._check(one.toml, one.version)
        except ConfigError as error:
            await self._refuse(one, str(error))
            return
        if await _done(partial(self._store.adopt, one, self._clock.now_ms(), warning)):  # else it comes again
            if warning:
                log.warning("configuration %d: %s", one.version, warning)
            self._tell(Result(one.id, one.version, "trying", self._clock.now_ms(), reason=warning))
            raise Restart

    async def _refuse(self, one: Configuration, reason: str) -> None:
        await _done(partial(self._store.refuse, one, reason, self._clock.now_ms()))

    async def _tell_ends(self) -> None:
        """An event for each result that has none yet, and the result itself."""
        for result in self._store.standing.ends:
            if result.id not in self._store.standing.untold:
                continue
            time = result.time or self._clock.now_ms()
            data: dict[str, str | int] = {
                "config": result.id,
                "version": result.version,
                "reason": result.reason[:_REASON],
            }
            try:
                await self._notes.note(Event(self._gateway, f"config.{result.state}", time, data))
                await whole(partial(self._store.told, result.id))
            except OSError as error:
                log.warning("configuration %d %s, which could not be noted: %s", result.version, result.state, error)
            self._tell(result)

    def _tell(self, result: Result) -> None:
        if not result.time:  # it came to that before anybody had a clock
            result = replace(result, time=self._clock.now_ms())
        self._say(Signed(Kind.RESULT, self._gateway, result.body()).encode(self._key))


async def _done(change: Callable[[], object]) -> bool:
    """Whether the disk took it."""
    try:
        await whole(change)
    except OSError as error:
        log.error("the configuration's state cannot be written: %s", error)  # noqa: TRY400 - tried again
        return False
    return True
