"""How far a station's clock is off, and when it is to be looked at or set."""

from typing import Final

SANE_MS: Final = 1_735_689_600_000
"""2025-01-01: a gateway whose own clock is before it sets nobody's."""
CLOCK_NOT_SET: Final = "its clock is not set: it is not listed as [[link.device]]"
"""What is said of a station whose clock is off, where the configuration has clocks set."""
PAUSE_S: Final = 600.0
"""Between two looks at one clock, or two attempts to set it."""


class StationClock:
    """What a station's own stamps say about its clock.

    The stamp of an upload is a hint only: it may have waited in the station's memory for hours. What the station
    answers when it is asked for its time is sure.

    :param tolerance_s: what is off by no more is left alone.
    """

    def __init__(self, tolerance_s: float) -> None:
        self._tolerance_s = tolerance_s
        self.offset_s: float | None = None
        """How far it is ahead (negative: behind); None: nothing is known."""
        self._sure = False
        self._newest_ms: int | None = None
        self._look_s = self._set_s = float("-inf")
        """Not again before."""
        self.set = 0
        """How often it was set."""

    def told(self, stamp_ms: int, now_ms: int, *, sure: bool = False) -> None:
        """The station wrote this time; a hint that is no newer than the newest one says nothing."""
        if not sure and self._newest_ms is not None and stamp_ms <= self._newest_ms:
            return
        self._newest_ms = stamp_ms
        self.offset_s = (stamp_ms - now_ms) / 1000
        self._sure = sure

    @property
    def is_off(self) -> bool:
        """Whether it is off by more than the tolerance, by all that is known."""
        return self.offset_s is not None and abs(self.offset_s) > self._tolerance_s

    def wants_look(self, now_s: float, now_ms: int) -> bool:
        """Whether the station is to be asked for its time."""
        return self.is_off and not self._sure and now_s >= self._look_s and now_ms >= SANE_MS

    def wants_setting(self, now_s: float, now_ms: int) -> bool:
        """Whether it surely is off."""
        return self.is_off and self._sure and now_s >= self._set_s and now_ms >= SANE_MS

    def asked(self, now_s: float) -> None:
        """The station is asked for its time: not again for a while."""
        self._look_s = now_s + PAUSE_S

    def free(self) -> None:
        """It may be looked at again at once, in another way."""
        self._look_s = float("-inf")

    def setting(self, now_s: float) -> None:
        """It is being set: not again for a while."""
        self._set_s = now_s + PAUSE_S

    def was_set(self, stamp_ms: int, now_ms: int) -> int:
        """The station says that it was set, and what its time is now; gives by how much it was moved, ms."""
        before_s = self.offset_s or 0.0
        self.set += 1
        self.told(stamp_ms, now_ms, sure=True)
        return round(((self.offset_s or 0.0) - before_s) * 1000)
