"""What an edge node and its devices announced: names, datatypes, and aliases that are unique across the edge node."""

from collections.abc import Iterable
from typing import Final

from protocols.sparkplug.samples import BD_SEQ, NODE_CONTROL, Definition
from protocols.sparkplug.values import Metric

AMBIGUOUS: Final = Definition("")
"""Stands at an alias that was given to two metrics: which of them is meant cannot be told."""


class Births:
    """The metrics of one edge node and of its devices; the edge node's own stand at the empty device.

    Two metrics with one alias: it means neither, and a rebirth would not help. But bdSeq and the Node Control metrics
    give way, since senders that number them apart from the rest never send them by alias.
    """

    __slots__ = ("_aliases", "_metrics", "conflicts")

    def __init__(self) -> None:
        self._metrics: dict[str, dict[str, Definition]] = {}
        self._aliases: dict[int, tuple[str, Definition]] = {}
        self.conflicts = 0
        """Aliases that were given twice so far."""

    def __len__(self) -> int:
        return sum(map(len, self._metrics.values()))

    def of(self, device: str) -> int:
        """How many metrics a device has."""
        return len(self._metrics.get(device, ()))

    def announce(self, device: str, metrics: Iterable[Metric]) -> None:
        """A birth: it takes the place of the device's birth before it. Metrics without a name are passed over."""
        self.forget(device)
        mine = self._metrics.setdefault(device, {})
        for metric in metrics:
            if metric.name is None:
                continue
            definition = mine[metric.name] = Definition.of(metric)
            if metric.alias is not None:
                self._alias(metric.alias, device, definition)

    def forget(self, device: str) -> None:
        """Its birth does not count any more."""
        if self._metrics.pop(device, None):
            self._aliases = {alias: own for alias, own in self._aliases.items() if own[0] != device}

    def clear(self) -> None:
        """No birth counts any more."""
        self._metrics.clear()
        self._aliases.clear()

    def by_name(self, device: str, name: str) -> Definition | None:
        """The metric of that name; None when the birth had none."""
        return self._metrics.get(device, {}).get(name)

    def by_alias(self, device: str, alias: int) -> Definition | None:
        """The device's metric of that alias; AMBIGUOUS; None when there is none, or it is another device's."""
        owner, definition = self._aliases.get(alias, (device, None))
        return definition if owner == device or definition is AMBIGUOUS else None

    def _alias(self, alias: int, device: str, definition: Definition) -> None:
        before = self._aliases.get(alias)
        if before is None or _gives_way(before[1]):
            self._aliases[alias] = device, definition
        elif not _gives_way(definition):
            self._aliases[alias] = device, AMBIGUOUS
        else:
            return
        self.conflicts += before is not None and not _gives_way(before[1])


def _gives_way(definition: Definition) -> bool:
    return definition.name == BD_SEQ or definition.name.startswith(NODE_CONTROL)
