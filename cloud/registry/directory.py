"""The directory: which datastream a point means, answered from memory that follows the registry's changes."""

from bisect import bisect_right
from collections.abc import Iterator
from enum import Enum
from threading import Lock
from typing import NamedTuple

from cloud.registry import datastreams, metric_names, neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Datastream
from cloud.registry.metric_names import MetricName
from cloud.registry.selection import Selection
from protocols.vocabulary import Point


class Refusal(Enum):
    """Why a reading has no place in the store; the value is the reason given in quarantine."""

    UNKNOWN_NEURON = "unknown_neuron"
    OTHER_GATEWAY = "other_gateway"
    """The neuron is registered with another gateway, or with none."""
    UNKNOWN_DATASTREAM = "unknown_datastream"
    UNKNOWN_NAME = "unknown_name"
    """The device is known, but not what it means by that name."""
    IGNORED = "ignored"
    """The name is known, and not wanted."""


class Slot(NamedTuple):
    """The place of a series that its device calls by a name."""

    number: int
    unit: str
    """The datastream's; UCUM."""
    told: str | None
    """The unit in which the device writes it, as the registry says; None: the registry does not say."""


class _Entry(NamedTuple):
    neuron: str
    gateway: str | None
    town: str | None
    streams: dict[tuple[str, str], int]
    names: dict[str, MetricName]


class Directory:
    """Safe to ask from one thread while others change the registry; nobody waits for a database while nothing changes.

    Only neurons that changed are read again: the neurons' ``revision`` says which.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._seen_commits = -1
        self._revision = 0
        self._entries: dict[str, _Entry] = {}
        self._sources: dict[str, tuple[str, ...]] = {}
        self._datastreams: dict[int, Datastream] = {}
        self._ordered: tuple[int, list[Datastream]] = (-1, [])

    @property
    def shared(self) -> bool:
        """Whether other processes change the registry, too."""
        return self._database.shared

    @property
    def generation(self) -> int:
        """Rises with every change of neurons, hardware identities and datastreams: what was cached before is stale."""
        self._renew()
        return self._revision

    def resolve(self, gateway: str, point: Point) -> int | Refusal:
        """The number of the datastream that a gateway means."""
        answer = self._resolve(gateway, point)
        if isinstance(answer, Refusal) and self.shared:  # another process may have entered it a moment ago
            self.refresh()
            answer = self._resolve(gateway, point)
        return answer

    def _resolve(self, gateway: str, point: Point) -> int | Refusal:
        entry = self._entry(gateway, point.source)
        if isinstance(entry, Refusal):
            return entry
        return entry.streams.get((point.observed, point.channel), Refusal.UNKNOWN_DATASTREAM)

    def locate(self, point: Point, scope: frozenset[str] = frozenset()) -> Datastream | Refusal:
        """The datastream of a point that came through no gateway.

        :param scope: towns that the asker may see; empty: all. What lies elsewhere is unknown to him.
        """
        self._renew()
        entry = self._entries.get(point.source)
        if entry is None or (scope and entry.town not in scope):
            return Refusal.UNKNOWN_NEURON
        number = entry.streams.get((point.observed, point.channel))
        return Refusal.UNKNOWN_DATASTREAM if number is None else self._datastreams[number]

    def named(self, key: str, scope: frozenset[str] = frozenset()) -> Datastream | None:
        """The datastream of a key in canonical form (scope: as locate); None: no, or :func:`locate` has to be asked."""
        source, _, series = key.partition("/")
        observed, _, channel = series.partition("/")
        found = self.locate(Point(source, observed, channel), scope)
        return found if isinstance(found, Datastream) and str(found.point) == key else None

    def owner(self, source: str, scope: frozenset[str] = frozenset()) -> str | None:
        """The neuron that a neuron identifier or hardware identity means; None when unknown (scope: as locate)."""
        self._renew()
        entry = self._entries.get(source)
        return None if entry is None or (scope and entry.town not in scope) else entry.neuron

    def owned(self, gateway: str, source: str) -> str | Refusal:
        """The neuron that a gateway means by a neuron identifier or hardware identity."""
        entry = self._entry(gateway, source)
        return entry if isinstance(entry, Refusal) else entry.neuron

    def slot(
        self, gateway: str | None, source: str, name: str, series: str, scope: frozenset[str] = frozenset()
    ) -> Slot | Refusal:
        """The place of what a device calls ``name``.

        :param gateway: only a neuron of this one is meant; None: the door knows no gateways.
        :param series: what the name means when the registry says nothing of it; empty: nothing.
        :param scope: as locate.
        """
        self._renew()
        entry = self._entries.get(source)
        if entry is None or (scope and entry.town not in scope):
            return Refusal.UNKNOWN_NEURON
        if gateway is not None and entry.gateway != gateway:
            return Refusal.OTHER_GATEWAY
        named = entry.names.get(name)
        if named is not None:
            number, told = named.datastream, named.unit
        else:
            observed, _, channel = series.partition("/")
            number, told = entry.streams.get((observed, channel)), None
        if number is None:
            return _no_slot(named, series)
        return Slot(number, self._datastreams[number].unit, told)

    def _entry(self, gateway: str, source: str) -> _Entry | Refusal:
        self._renew()
        entry = self._entries.get(source)
        if entry is None:
            return Refusal.UNKNOWN_NEURON
        return entry if entry.gateway == gateway else Refusal.OTHER_GATEWAY

    def describe(self, number: int) -> Datastream | None:
        """Key, unit, kind and place of a datastream; None when there is none of that number."""
        self._renew()
        return self._datastreams.get(number)

    def datastreams(self, selection: Selection, after: int = 0, *, observed: str | None = None) -> Iterator[Datastream]:
        """Those with a number greater than ``after``, in the order of their numbers, without asking the database."""
        self._renew()
        revision, ordered = self._ordered
        if revision != self._revision:
            revision, known = self._revision, dict(self._datastreams)  # a copy: others may add meanwhile
            ordered = [known[number] for number in sorted(known)]
            self._ordered = revision, ordered
        for one in ordered[bisect_right(ordered, after, key=lambda stream: stream.number) :]:
            if (observed is None or one.point.observed == observed) and selection.holds(one.kind, one.site):
                yield one

    def refresh(self) -> None:
        """Look for changes that another process made."""
        self._load()

    def _renew(self) -> None:
        if self._database.commits != self._seen_commits:
            self._load()

    def _load(self) -> None:
        with self._lock, self._database.read() as tx:
            commits = self._database.commits
            revision = datastreams.revision(tx)
            if revision != self._revision:
                self._take(
                    neurons.changed_since(tx, self._revision),
                    datastreams.changed_since(tx, self._revision),
                    metric_names.changed_since(tx, self._revision),
                )
                self._revision = revision
            self._seen_commits = commits

    def _take(self, changed: list[neurons.Neuron], streams: list[Datastream], named: list[MetricName]) -> None:
        names: dict[str, dict[str, MetricName]] = {}
        for one in named:
            names.setdefault(one.neuron, {})[one.name] = one
        grouped: dict[str, dict[tuple[str, str], int]] = {}
        for stream in streams:
            self._datastreams[stream.number] = stream
            grouped.setdefault(stream.point.source, {})[stream.point.observed, stream.point.channel] = stream.number
        stale: set[str] = set()
        fresh: set[str] = set()
        for neuron in changed:
            of_it = grouped.get(neuron.id, {}), names.get(neuron.id, {})
            entry = _Entry(neuron.id, neuron.gateway, neuron.site.place.town, *of_it)
            sources = (neuron.id, *(str(identity) for identity in neuron.hardware))
            stale.update(self._sources.get(neuron.id, ()))
            fresh.update(sources)
            self._sources[neuron.id] = sources
            for source in sources:
                self._entries[source] = entry
        for source in stale - fresh:  # last, so that who asks meanwhile never misses what only changed hands
            del self._entries[source]


def _no_slot(named: MetricName | None, series: str) -> Refusal:
    if named is not None:
        return Refusal.IGNORED
    return Refusal.UNKNOWN_DATASTREAM if series else Refusal.UNKNOWN_NAME
