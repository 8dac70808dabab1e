"""Keeps lamps at the level of their schedule: always, or while the cloud is silent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from edge.rules.actuators import Action, Drive
from edge.rules.lights import Schedule
from edge.spool.mended import EARLIEST_MS
from protocols.vocabulary import Clock, Point

LONGEST_WAIT_S: Final = 60.0
"""Then the wall clock is looked at again: it may have been set."""


@dataclass(slots=True)
class LampGroup:
    """Lamps that share a schedule."""

    name: str
    targets: tuple[Point, ...]
    schedule: Schedule
    fallback_after_s: float | None = None
    """The cloud must have been silent for so long; None: the schedule always holds."""
    repeat_s: float = 3600.0
    """A lamp that was off the mains has forgotten: the level is wanted again after so long."""
    level: float | None = field(default=None, init=False)
    """As last wanted; None while the schedule does not hold."""
    wanted_s: float = field(default=0.0, init=False)


class Lamps:
    """:param heard_s: when the cloud was last heard, monotonic; None: never since the start."""

    def __init__(
        self, groups: Sequence[LampGroup], drive: Drive, clock: Clock, heard_s: Callable[[], float | None]
    ) -> None:
        self.groups = groups
        self.clock_not_set = False
        self._drive = drive
        self._clock = clock
        self._heard_s = heard_s
        self._began_s = clock.monotonic_s()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(self.tick())

    def tick(self) -> float:
        """Have every group at its level; gives how long that may be left alone, s."""
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        self.clock_not_set = now_ms < EARLIEST_MS
        if self.clock_not_set:  # lamps stay as they are: it may be day
            return LONGEST_WAIT_S
        wait_s = LONGEST_WAIT_S
        for group in self.groups:
            silence_s = self._until_in_charge_s(group, now_s)
            if silence_s >= 0:
                group.level = None
                wait_s = min(wait_s, silence_s)
                continue
            level = group.schedule.level_at(now_ms)
            if level != group.level or now_s - group.wanted_s >= group.repeat_s:
                group.level, group.wanted_s = level, now_s
                for target in group.targets:
                    self._drive.want(Action(target, level, now_ms, f"lights {group.name}"))
            wait_s = min(wait_s, (group.schedule.next_ms(now_ms) - now_ms) / 1000)
        return max(wait_s, 0.001)

    def _until_in_charge_s(self, group: LampGroup, now_s: float) -> float:
        """How much longer the cloud must be silent; below 0: the schedule holds."""
        if group.fallback_after_s is None:
            return -1.0
        heard_s = self._heard_s()
        return group.fallback_after_s - (now_s - (self._began_s if heard_s is None else heard_s))
