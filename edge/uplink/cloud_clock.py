"""How far the gateway's clock is from the cloud's, by the answers to its status (docs/uplink.md §7.5)."""

import logging
from dataclasses import dataclass
from typing import Any, Final

from protocols.uplink import Kind, Signed, ToldTime
from protocols.vocabulary import Clock, ProtocolError

log = logging.getLogger(__name__)

STALE_S: Final = 600.0
"""What was measured so long ago says nothing of now."""


@dataclass(frozen=True, slots=True)
class Offset:
    """One comparison."""

    ahead_s: float
    """How far the gateway's clock is ahead of the cloud's; below 0 behind it."""
    uncertain_s: float
    """Half of the time that question and answer took."""
    at_s: float
    """Monotonic."""


class CloudClock:
    """Asks with every status; the answer's place between question and arrival is not known, its middle is taken.

    :param key: the gateway's, which signs the answers.
    """

    def __init__(self, gateway: str, key: bytes, clock: Clock) -> None:
        self.refused = 0
        """Answers that are not to be trusted."""
        self._gateway = gateway
        self._key = key
        self._clock = clock
        self._asked: tuple[int, float] | None = None
        self._offset: Offset | None = None

    def ask(self) -> int:
        """``at_ms`` of the status that goes out now."""
        self._asked = self._clock.now_ms(), self._clock.monotonic_s()
        return self._asked[0]

    def hear(self, payload: bytes) -> None:
        """What came on ``down/time``; only the first answer to the newest question counts."""
        try:
            told = ToldTime.of(Signed.of_gateway(payload, Kind.TIME, self._gateway, (self._key,)).body)
        except ProtocolError as error:
            self.refused += 1
            log.warning("time refused: %s", error)
            return
        if self._asked is None or self._asked[0] != told.asked:
            return
        now_s = self._clock.monotonic_s()
        half_s = (now_s - self._asked[1]) / 2
        self._asked = None
        self._offset = Offset(self._clock.now_ms() / 1000 - half_s - told.time / 1000, half_s, now_s)

    @property
    def offset(self) -> Offset | None:
        """The newest comparison; None when there was none within ten minutes."""
        if self._offset is None or self._clock.monotonic_s() - self._offset.at_s > STALE_S:
            return None
        return self._offset

    def status(self) -> dict[str, Any]:
        """As JSON has it; nulls when nothing is known."""
        offset = self.offset
        if offset is None:
            return {"ahead_s": None, "uncertain_s": None, "compared_s": None, "refused": self.refused}
        return {
            "ahead_s": round(offset.ahead_s, 4),
            "uncertain_s": round(offset.uncertain_s, 4),
            "compared_s": round(self._clock.monotonic_s() - offset.at_s, 1),
            "refused": self.refused,
        }
