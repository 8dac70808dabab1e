"""All stations of a listener: those of the configuration, and strangers up to a bound."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Generic, Protocol, TypeVar

from edge.links.link import DeviceStatus

MAX_STRANGERS: Final = 1000


class AnyStation(Protocol):
    """What the stations of all wires have in common."""

    def status(self) -> DeviceStatus: ...


S = TypeVar("S", bound=AnyStation)


class Stations(Generic[S]):
    """By what a station calls itself on the wire; strangers are let in under a hardware identity of it.

    :param listed: those of the configuration.
    :param stranger: makes one more; None when its name cannot be an identity.
    :param counters: the listener's.
    """

    def __init__(self, listed: Mapping[str, S], stranger: Callable[[str], S | None], counters: Counter[str]) -> None:
        self._known = dict(listed)
        self._listed = len(listed)
        self._stranger = stranger
        self._counters = counters

    def of(self, name: str) -> S | None:
        """The station of a name; None when it cannot be named or there are too many strangers."""
        station = self._known.get(name)
        if station is not None:
            return station
        if len(self._known) - self._listed >= MAX_STRANGERS:
            self._counters["too_many_strangers"] += 1
            return None
        station = self._stranger(name)
        if station is None:
            self._counters["unnameable_station"] += 1
            return None
        self._counters["stranger"] += 1
        self._known[name] = station
        return station

    def __iter__(self) -> Iterator[S]:
        return iter(self._known.values())

    def listed(self) -> Iterator[tuple[str, S]]:
        """Those of the configuration, by name."""
        return iter(list(self._known.items())[: self._listed])

    def status(self) -> tuple[DeviceStatus, ...]:
        return tuple(station.status() for station in self)
