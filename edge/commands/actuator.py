"""Who can bring a point of a device to a value: some links, and all of them together."""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from protocols.vocabulary import Point, YingzhouError


class Unfit(YingzhouError):
    """The value, or the point, cannot be set; nothing was touched. The message says what could."""


@runtime_checkable
class Actuator(Protocol):
    """What a link implements whose devices can be commanded.

    Each call asks the device once: repeating, waiting and comparing are the executor's.
    """

    def fit(self, source: str, observed: str, channel: str, value: float) -> float | None:
        """What the device will tell once it has the value; None: the point is none of this link's devices'.

        :raises Unfit: the point may not be written, or not with this value.
        """
        ...

    async def write(self, source: str, observed: str, channel: str, value: float) -> float:
        """Have the device take the value, and ask it for it: what it says then, in the observed property's unit.

        Cancelled before its turn on the cable came, it writes nothing.

        :raises YingzhouError: it refused, did not answer, or cannot be reached; what it holds now is unknown.
        """
        ...

    async def read(self, source: str, observed: str, channel: str) -> float:
        """Ask the device what it holds.

        :raises YingzhouError: as ``write``.
        """
        ...


class Actuators:
    """The links of a gateway as one: each point goes to the link that has its device."""

    def __init__(self, links: Iterable[object]) -> None:
        self.links = [link for link in links if isinstance(link, Actuator)]
        """Those that can act."""

    def fit(self, point: Point, value: float) -> float:
        """What the device will tell once it has the value.

        :raises Unfit: no device of ours has the point, or it cannot be set to this value.
        """
        return self._find(point, value)[1]

    async def write(self, point: Point, value: float) -> float:
        """See :class:`Actuator`.

        :raises YingzhouError: as there; Unfit where ``fit`` would raise it.
        """
        link, _ = self._find(point, value)
        return await link.write(point.source, point.observed, point.channel, value)

    async def read(self, point: Point, value: float) -> float:
        """See :class:`Actuator`.

        :param value: one that fits: it finds the link.
        :raises YingzhouError: as there; Unfit where ``fit`` would raise it.
        """
        link, _ = self._find(point, value)
        return await link.read(point.source, point.observed, point.channel)

    def _find(self, point: Point, value: float) -> tuple[Actuator, float]:
        for link in self.links:
            told = link.fit(point.source, point.observed, point.channel, value)
            if told is not None:
                return link, told
        raise Unfit(f"{point}: no device of this gateway has it")
