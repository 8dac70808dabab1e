"""The world: one value for every observed property, site and instant, however often and by whomever it is asked."""

from dataclasses import dataclass, field
from typing import Final

from simulators.environment.conditions import Conditions, Order
from simulators.environment.events import Event, Influence
from simulators.environment.generated import GENERATED
from simulators.environment.level import MAX_OPENING_M
from simulators.environment.measured import MEASURED, measured
from simulators.environment.moment import Moment, Site
from simulators.measurements.replay import HOUR_MS

ANCHOR_MS: Final = 1_767_225_600_000
"""2026-01-01T00:00Z, the instant at which simulated and real time meet at any speed."""

MAX_GAP_HOURS: Final = 240
"""No gap of the replayed series is as long as ten days (checked by a test)."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast the world goes on: ``speed`` simulated seconds in one real second.

    Simulated time = anchor + (real time - anchor) * speed, so that a restart finds the world where it would have been.
    """

    speed: float = 1.0
    anchor_ms: int = ANCHOR_MS

    def simulated_ms(self, now_ms: int) -> int:
        """The world's time at a real instant, ms UTC."""
        return self.anchor_ms + round((now_ms - self.anchor_ms) * self.speed)

    def real_s(self, simulated_s: float) -> float:
        """How long a simulated span lasts, real seconds."""
        return simulated_s / self.speed


@dataclass(frozen=True, slots=True)
class World:
    """Answers in the units of the vocabulary; the devices bring them onto their wires.

    All of it is a function of seed, place and time, but for what it is told: events, and orders to its sluices.

    :raises ValueError: there is no series to replay for a property.
    """

    seed: int = 1
    tempo: Tempo = Tempo()
    events: tuple[Event, ...] = ()
    """What befalls the island, in simulated time (:mod:`simulators.environment.events`)."""
    replay: frozenset[str] = frozenset()
    """Properties for which real series take the model's place (:mod:`simulators.environment.measured`)."""
    conditions: Conditions = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if unknown := self.replay - MEASURED:
            raise ValueError(f"{min(unknown)}: no series; expected some of {', '.join(sorted(MEASURED))}")
        object.__setattr__(self, "conditions", Conditions(self.events))

    def moment(self, site: Site, now_ms: int) -> Moment:
        """A site at a real instant."""
        return Moment(self.seed, site, self.tempo.simulated_ms(now_ms), self.conditions)

    def influence(self, site: Site, now_ms: int) -> Influence:
        """What the events add at a site at a real instant."""
        return self.conditions.influence(site.longitude, site.latitude, self.tempo.simulated_ms(now_ms))

    def value(self, site: Site, observed: str, now_ms: int) -> float | None:
        """What is there at a real instant (ms UTC), in the property's unit; None where a replayed series has a gap.

        :raises KeyError: this world has no such property.
        """
        moment = self.moment(site, now_ms)
        return measured(moment, observed) if observed in self.replay else GENERATED[observed](moment)

    def last_known(self, site: Site, observed: str, now_ms: int) -> float:
        """As :meth:`value`, for an instrument whose wire has no word for "no value": what was there whole hours ago.

        :raises KeyError: this world has no such property.
        """
        moment = self.moment(site, now_ms)
        if observed not in self.replay:
            return GENERATED[observed](moment)
        for hours in range(MAX_GAP_HOURS):
            value = measured(moment.at(moment.time_ms - hours * HOUR_MS), observed)
            if value is not None:
                return value
        raise ValueError(f"{observed}: no value within {MAX_GAP_HOURS} hours before {moment.time_ms}")

    def open_gate(self, site: Site, opening_m: float, now_ms: int) -> None:
        """The sluice at a site is told an opening; it is driven there, and the channels around come to feel it.

        It keeps the order as long as this world lives; a world that was not told goes on by itself.

        :raises ValueError: less than 0 or more than ``MAX_OPENING_M``.
        """
        if not 0 <= opening_m <= MAX_OPENING_M:
            raise ValueError(f"opening {opening_m} m: expected 0 to {MAX_OPENING_M:g}")
        moment = self.moment(site, now_ms)
        at = moment.place()
        self.conditions.order(site.device, at.east_km, at.north_km, Order(moment.time_ms, opening_m))
