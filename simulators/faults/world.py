"""The world and the clock as a device with faults has them: the same doors, so that every wire says the fault."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from protocols.vocabulary import Clock
from simulators.environment import Site, Tempo, World
from simulators.faults.model import Fault

ALL: Final = ""


class FaultyClock:
    """The device's own clock: right but for clock faults; intervals are the true ones."""

    def __init__(self, clock: Clock, tempo: Tempo, faults: Sequence[Fault]) -> None:
        self.true = clock
        self._tempo = tempo
        self._faults = tuple(fault for fault in faults if fault.kind == "clock")

    def shift_ms(self, true_ms: int) -> int:
        """How far the clock is ahead at a real instant."""
        time_ms = self._tempo.simulated_ms(true_ms)
        return sum(round(one.size * 1000) for one in self._faults if one.schedule.at(time_ms) is not None)

    def true_ms(self, own_ms: int, near_ms: int) -> int:
        """When the clock showed this: of several instants at which it did, the nearest to ``near_ms``."""
        shifts = {0, self.shift_ms(near_ms), *(round(one.size * 1000) for one in self._faults)}
        found = [own_ms - shift for shift in shifts if self.shift_ms(own_ms - shift) == shift]
        return min(found, key=lambda one: abs(one - near_ms), default=own_ms)

    def now_ms(self) -> int:
        true_ms = self.true.now_ms()
        return true_ms + self.shift_ms(true_ms) if self._faults else true_ms

    def monotonic_s(self) -> float:
        return self.true.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        await self.true.sleep(seconds)


class FaultyWorld(World):
    """What the instruments of one device show of the world. It shares all that the true one is told.

    :param clock: the device's.
    """

    __slots__ = ("_clock", "_faults", "_true")
    _clock: FaultyClock
    _faults: tuple[Fault, ...]
    _true: World

    def __init__(self, world: World, faults: Sequence[Fault], clock: FaultyClock) -> None:
        for one in fields(world):
            object.__setattr__(self, one.name, getattr(world, one.name))
        object.__setattr__(self, "_true", world)
        object.__setattr__(self, "_faults", tuple(faults))
        object.__setattr__(self, "_clock", clock)

    def _at(self, own_ms: int) -> int:
        return self._clock.true_ms(own_ms, self._clock.true.now_ms())

    def value(self, site: Site, observed: str, now_ms: int) -> float | None:
        return self.shown(site, observed, now_ms, self._true.value(site, observed, self._at(now_ms)))

    def last_known(self, site: Site, observed: str, now_ms: int) -> float:
        """Where an instrument shows nothing, a wire that has no word for it says what was there before."""
        true = self._true.last_known(site, observed, self._at(now_ms))
        value = self.shown(site, observed, now_ms, true)
        return true if value is None else value

    def shown(self, site: Site, observed: str, now_ms: int, true: float | None) -> float | None:
        """What the faults of this instant make of a true value, one after the other."""
        time_ms = self.tempo.simulated_ms(self._at(now_ms))

        def then(begin_ms: int) -> float | None:
            tempo = self.tempo
            return self._true.value(site, observed, tempo.anchor_ms + round((begin_ms - tempo.anchor_ms) / tempo.speed))

        value = true
        for fault in self._faults:
            if value is not None and fault.concerns(observed) and (on := fault.schedule.at(time_ms)) is not None:
                value = fault.shown(value, time_ms, on, then)
        return value


def shown(world: World, site: Site, observed: str, now_ms: int, true: float) -> float:
    """A value that a device works out by itself (a lamp's power at its level), as its instrument shows it."""
    value = world.shown(site, observed, now_ms, true) if isinstance(world, FaultyWorld) else true
    return true if value is None else value
