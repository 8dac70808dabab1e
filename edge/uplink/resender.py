"""Sends again what the cloud lost when it was restored from a backup (docs/uplink.md §7.6)."""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from edge.spool.files import FileOps, summed, unsummed
from edge.spool.spool import Spool
from edge.uplink.window import Window
from protocols.uplink import Kind, Resend, Signed
from protocols.vocabulary import ProtocolError

log = logging.getLogger(__name__)

MOST_LOOKS: Final = 3
"""A file that cannot be read at the third look will not be read at the fourth."""
_REMEMBERED: Final = 16


class Resender:
    """Each restore of the cloud is answered once, also over restarts.

    :param key: the gateway's, which signs what is asked.
    :param wake: the window has something new.
    """

    def __init__(  # noqa: PLR0913 - it stands between these
        self,
        gateway: str,
        key: bytes,
        spool: Spool,
        window: Window,
        wake: Callable[[], None],
        files: FileOps | None = None,
    ) -> None:
        self.refused = 0
        """What is not to be trusted."""
        self.envelopes = 0
        """That waited when a restore had been answered, those included that were never acknowledged."""
        self._gateway = gateway
        self._key = key
        self._spool = spool
        self._window = window
        self._wake_line = wake
        self._files = files or FileOps()
        self._answered: list[int] = []
        """Restores, the last one last."""
        self._failed = 0
        """Looks for the restore that is asked for."""
        self._asked: Resend | None = None
        self._wake = asyncio.Event()

    def load(self) -> None:
        """What an earlier run answered; a lost file costs one more resend."""
        try:
            body = unsummed(self._files.read(self._path))
        except OSError:
            body = None
        self._answered = [] if body is None else json.loads(body)["restored"]

    @property
    def _path(self) -> Path:
        return self._spool.directory / "resent"

    def hear(self, payload: bytes) -> None:
        """What came on ``down/resend``."""
        try:
            asked = Resend.of(Signed.of_gateway(payload, Kind.RESEND, self._gateway, (self._key,)).body)
        except ProtocolError as error:
            self.refused += 1
            log.warning("resend refused: %s", error)
            return
        if asked.restored not in self._answered:  # an old message that comes again says what was held then
            self._asked = asked
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled: look through the spool when it is asked for, in a thread."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            asked, self._asked = self._asked, None
            if asked is not None and asked.restored not in self._answered:
                await self._answer(asked)

    async def _answer(self, asked: Resend) -> None:
        found = 0
        try:
            try:
                found = await asyncio.to_thread(self._spool.send_again, asked.held)
            finally:
                self._window.look_back()
                self._wake_line()
        except OSError as error:
            self._failed += 1
            log.warning("what the cloud lost is not sent all, look %d of %d: %s", self._failed, MOST_LOOKS, error)
            if self._failed < MOST_LOOKS:
                return  # it asks again
        answered = [*self._answered, asked.restored][-_REMEMBERED:]
        try:
            self._files.replace(self._path, summed(json.dumps({"restored": answered}).encode()))
        except OSError as error:
            log.warning("that a restore was answered cannot be written down, the cloud will ask again: %s", error)
            return
        self._answered, self._failed = answered, 0
        self.envelopes += found
        log.info("the cloud was restored from a backup: %d envelopes wait for it", found)

    def status(self) -> dict[str, Any]:
        """As JSON has it; ``restored`` tells the cloud which restore was answered last."""
        last = self._answered[-1] if self._answered else None
        return {"restored": last, "envelopes": self.envelopes, "refused": self.refused}
