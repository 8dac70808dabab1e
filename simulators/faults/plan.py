"""All faults of an island: what each device gets of them, and who is told when they begin and end."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from protocols.vocabulary import Clock
from simulators.environment import World
from simulators.faults.model import FOREVER_MS, VALUE_KINDS, Fault
from simulators.faults.mouth import PLAIN, Mouth
from simulators.faults.world import FaultyClock, FaultyWorld
from simulators.truth import Event, Said, Witness

LONGEST_SLEEP_S: Final = 3600.0


class Seat(NamedTuple):
    """What a device is made with."""

    world: World
    clock: Clock
    witness: Witness | None
    mouth: Mouth


class FaultPlan:
    """Device's name -> its faults.

    :param hardware: of the devices with faults, ``scheme:value``.
    """

    def __init__(self, faults: Mapping[str, Sequence[Fault]], hardware: Mapping[str, str], clock: Clock) -> None:
        self._faults = faults
        self._hardware = hardware
        self._clock = clock

    def __bool__(self) -> bool:
        return bool(self._faults)

    def seat(self, device: str, world: World, truth: Witness | None, *, mute: bool = False) -> Seat:
        """The world, the clock, the witness and the mouth of one device.

        :param mute: its wire has no word for "no value".
        """
        faults = self._faults.get(device)
        if not faults:
            return Seat(world, self._clock, truth, PLAIN)
        clock = FaultyClock(self._clock, world.tempo, faults)
        witness = None if truth is None else Labels(faults, clock, world, truth)
        mouth = Mouth(faults, self._clock, world.tempo, mute=mute)
        return Seat(FaultyWorld(world, faults, clock), clock, witness, mouth)

    async def herald(self, world: World, truth: Witness) -> None:
        """Tell of each fault when it begins and when it ends; those that are on already begin now."""
        now_ms = world.tempo.simulated_ms(self._clock.now_ms())
        coming: list[tuple[int, int, str, str, Fault]] = []
        number = 0
        for device, fault in self._each():
            on = fault.schedule.at(now_ms) or fault.schedule.following(now_ms)
            if on is not None:
                heapq.heappush(coming, (max(now_ms, on.begin_ms), number := number + 1, "began", device, fault))
        while coming:
            at_ms, _, event, device, fault = heapq.heappop(coming)
            await self._until(world, at_ms)
            truth([self._line(device, fault, "began" if event == "began" else "ended", world, at_ms)])
            if event == "began":
                on = fault.schedule.at(at_ms)
                then = None if on is None or on.end_ms == FOREVER_MS else (on.end_ms, "ended")
            else:
                following = fault.schedule.following(at_ms)
                then = None if following is None else (following.begin_ms, "began")
            if then is not None:
                heapq.heappush(coming, (then[0], number := number + 1, then[1], device, fault))

    def _each(self) -> Iterable[tuple[str, Fault]]:
        return ((device, fault) for device, faults in self._faults.items() for fault in faults)

    async def _until(self, world: World, time_ms: int) -> None:
        while (left_ms := time_ms - world.tempo.simulated_ms(self._clock.now_ms())) > 0:
            await self._clock.sleep(min(LONGEST_SLEEP_S, world.tempo.real_s(left_ms / 1000)) + 0.001)

    def _line(self, device: str, fault: Fault, event: Event, world: World, at_ms: int) -> Said:
        tempo = world.tempo
        real_ms = tempo.anchor_ms + round((at_ms - tempo.anchor_ms) / tempo.speed)
        observed, hardware = ",".join(sorted(fault.observed)), self._hardware.get(device, "")
        return Said(device, hardware, observed, real_ms, fault.size, event, self._clock.now_ms(), fault.kind)


class Labels:
    """A witness that puts on each value which faults were on when it was measured."""

    def __init__(self, faults: Sequence[Fault], clock: FaultyClock, world: World, truth: Witness) -> None:
        self._faults = tuple(one for one in faults if one.kind in VALUE_KINDS or one.kind == "clock")
        self._clock = clock
        self._tempo = world.tempo
        self._truth = truth

    def __call__(self, said: Sequence[Said]) -> None:
        now_ms = self._clock.true.now_ms()
        self._truth([one._replace(at=now_ms, fault=self._label(one, now_ms)) for one in said])

    def _label(self, one: Said, now_ms: int) -> str:
        true_ms = now_ms // 1000 * 1000 if one.time is None else self._clock.true_ms(one.time, now_ms)
        time_ms = self._tempo.simulated_ms(true_ms)
        on = (
            fault.kind
            for fault in self._faults
            if (fault.kind == "clock" or fault.concerns(one.observed)) and fault.schedule.at(time_ms) is not None
        )
        return "+".join(sorted(set(on)))
