"""Simulated meters on a line whose answers a test may bend."""

from collections.abc import Callable

from protocols.vocabulary import SystemClock
from simulators.devices.meters import ElectricityMeter, MeterWire, PipeMeter
from simulators.environment import Site, World

WORLD = World(7)
E1, E2, W1, H1 = "000000000012", "000000000013", "11000000000034", "11000000000035"


def electricity(address: str = E1, password: str | None = None) -> ElectricityMeter:
    return ElectricityMeter(Site(address), address, WORLD, password)


def water(address: str = W1) -> PipeMeter:
    return PipeMeter(Site(address), "water", address, WORLD)


def heat(address: str = H1) -> PipeMeter:
    return PipeMeter(Site(address), "heat", address, WORLD)


class MeterLiar:
    """Between the meters and the line.

    :param say: puts bytes on the line.
    """

    def __init__(self, say: Callable[[bytes], None], *meters: ElectricityMeter | PipeMeter) -> None:
        self.wire = MeterWire(meters, SystemClock().now_ms)
        self.say = say
        self.script: Callable[[bytes, bytes], bytes | None] = lambda _, answer: answer
        """What is on the line instead of this answer to this question."""
        self.questions: list[bytes] = []
        self.answers: list[bytes] = []
        self.echo = False
        self._heard = b""

    def hear(self, data: bytes) -> None:
        if self.echo:
            self.say(data)
        self._heard += data
        answer = self.wire.hear(data)
        if not self._heard.endswith(b"\x16"):
            return
        question, self._heard = self._heard, b""
        self.questions.append(question)
        self.answers.append(answer)
        if said := self.script(question, answer):
            self.say(said)
