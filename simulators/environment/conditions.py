"""What is not chance in a world: the events that befall it and the orders that its sluices were given."""

from bisect import bisect_right
from typing import Final, NamedTuple

from simulators.environment.events import Event, Influence, together
from simulators.environment.storms import Storm

MAX_ORDERS: Final = 64
"""So many orders of one sluice are remembered, the newest."""


class Order(NamedTuple):
    """A sluice was told an opening."""

    time_ms: int
    """Simulated ms UTC."""
    opening_m: float


class Sluice(NamedTuple):
    """One that was ever told something, and where it is (kilometres of :mod:`simulators.environment.place`)."""

    east_km: float
    north_km: float
    orders: list[Order]
    """Ascending in time."""

    def before(self, time_ms: int) -> int:
        """How many of its orders were given until an instant."""
        return bisect_right(self.orders, time_ms, key=lambda order: order.time_ms)


class Conditions:
    """Of one world; two are the same only when they are one."""

    def __init__(self, events: tuple[Event, ...] = ()) -> None:
        self.events = events
        self.storms: tuple[Storm, ...] = tuple(storm for event in events for storm in event.storms())
        self.sluices: dict[str, Sluice] = {}
        """Device -> what it was told."""

    def influence(self, longitude: float, latitude: float, time_ms: int) -> Influence:
        """Of all events."""
        return together(self.events, longitude, latitude, time_ms)

    def order(self, device: str, east_km: float, north_km: float, order: Order) -> None:
        """Remember an order; those that were to come after it are forgotten."""
        sluice = self.sluices.setdefault(device, Sluice(east_km, north_km, []))
        del sluice.orders[sluice.before(order.time_ms) :]
        sluice.orders.append(order)
        del sluice.orders[:-MAX_ORDERS]


CALM: Final = Conditions()
"""Without events; nobody gives orders in it."""
