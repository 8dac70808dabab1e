"""Which twins or neurons are meant: the asker's towns, and the filters of a list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Table

from cloud.geo.towns import Place

Item = TypeVar("Item")


ANYWHERE: Final = Place(None)


class Site(NamedTuple):
    """Where something stands, as far as it is known."""

    place: Place = ANYWHERE
    lon: float | None = None
    lat: float | None = None


class BoundingBox(NamedTuple):
    """Degrees WGS84, edges included."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, site: Site) -> bool:
        """Whether the site is known to lie within."""
        if site.lon is None or site.lat is None:
            return False
        return self.west <= site.lon <= self.east and self.south <= site.lat <= self.north


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list is narrowed to; an empty or None part narrows nothing."""

    scope: frozenset[str] = frozenset()
    """Towns that the asker may see; empty: all of them, also what has no town."""
    place: Place = ANYWHERE
    kind: str | None = None
    box: BoundingBox | None = None

    def holds(self, kind: str, site: Site) -> bool:
        """The same question about one thing in memory."""
        if self.kind is not None and kind != self.kind:
            return False
        if self.scope and site.place.town not in self.scope:
            return False
        return self._holds_place(site.place) and (self.box is None or self.box.holds(site))

    def _holds_place(self, place: Place) -> bool:
        if self.place.village is not None and not self.place.village.endswith("000"):
            return place.village == self.place.village
        return self.place.town is None or place.town == self.place.town

    def conditions(self, table: Table) -> list[ColumnElement[bool]]:
        """For a table with town, village, kind, lon and lat."""
        found: list[ColumnElement[bool]] = []
        if self.scope:
            found.append(table.c.town.in_(sorted(self.scope)))
        if self.place.village is not None and not self.place.village.endswith("000"):
            found.append(table.c.village == self.place.village)
        elif self.place.town is not None:
            found.append(table.c.town == self.place.town)
        if self.kind is not None:
            found.append(table.c.kind == self.kind)
        if self.box is not None:
            found.append(table.c.lon.between(self.box.west, self.box.east))
            found.append(table.c.lat.between(self.box.south, self.box.north))
        return found


class Page(NamedTuple, Generic[Item]):
    """A part of a list in a stable order."""

    items: list[Item]
    after: Any
    """Where the next page starts behind; None when this one is the last."""

    @classmethod
    def of(cls, items: Sequence[Item], limit: int, key: Callable[[Item], Any]) -> "Page[Item]":
        """From up to ``limit + 1`` items: the one too many tells that there are more."""
        if len(items) <= limit:
            return cls(list(items), None)
        return cls(list(items[:limit]), key(items[limit - 1]))
