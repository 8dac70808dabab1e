"""Where a device's bytes go out: it may be silent, slow, garble its frames or stop in the middle of them."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from protocols.vocabulary import Clock, SystemClock
from simulators.environment import Tempo
from simulators.environment.wander import chance
from simulators.faults.model import Fault

GARBLED_BYTES: Final = 3
"""Of a garbled frame, at most."""


class Mouth:
    """Of one device.

    :param mute: a gap of all values is a silence, for wires that have no word for "no value".
    """

    def __init__(
        self,
        faults: Sequence[Fault] = (),
        clock: Clock | None = None,
        tempo: Tempo | None = None,
        *,
        mute: bool = False,
    ) -> None:
        wanted = ("silence", "garbled", "half", "slow", *(("gap",) if mute else ()))
        self._faults = tuple(one for one in faults if one.kind in wanted and (one.kind != "gap" or not one.observed))
        self._clock = clock or SystemClock()
        self._tempo = tempo or Tempo()
        self._spoken = 0

    def _on(self) -> dict[str, Fault]:
        time_ms = self._tempo.simulated_ms(self._clock.now_ms())
        return {fault.kind: fault for fault in self._faults if fault.schedule.at(time_ms) is not None}

    @property
    def delay_s(self) -> float:
        """How long what is said now waits, real seconds."""
        slow = self._on().get("slow") if self._faults else None
        return 0.0 if slow is None else slow.size

    def spoilt(self, data: bytes) -> bytes | None:
        """What comes out of a frame that is said now; None: nothing."""
        if not self._faults:
            return data
        on = self._on()
        if "silence" in on or "gap" in on:
            return None
        self._spoken += 1
        if (garbled := on.get("garbled")) is not None and chance(garbled.schedule.key, self._spoken) < garbled.size:
            data = _garbled(data, f"{garbled.schedule.key}/{self._spoken}")
        return data[: len(data) // 2] if "half" in on else data

    def say(self, data: bytes, transport: asyncio.WriteTransport) -> None:
        """Write a frame as it comes out, when it comes out."""
        self.tell(data, lambda found: None if transport.is_closing() else transport.write(found))

    def tell(self, data: bytes, write: Callable[[bytes], object]) -> None:
        """The same, by way of any function."""
        found = self.spoilt(data)
        if found is None:
            return
        if delay_s := self.delay_s:
            asyncio.get_running_loop().call_later(delay_s, write, found)
        else:
            write(found)


def _garbled(data: bytes, key: str) -> bytes:
    """One to three bytes are others; never none."""
    found = bytearray(data)
    for number in range(1 + int(chance(key) * GARBLED_BYTES)):
        at = int(chance(key, 2 * number + 1) * len(found))
        found[at] ^= 1 + int(chance(key, 2 * number + 2) * 255)
    return bytes(found) if bytes(found) != data else bytes((data[0] ^ 0x55,)) + data[1:]


PLAIN: Final = Mouth()
"""Of a device without such faults."""
