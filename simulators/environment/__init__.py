"""The world the simulated devices stand in: a pure function of seed, place and time."""

from simulators.environment.events import SCENARIOS, Event, Festival, Influence, Spill, Typhoon
from simulators.environment.moment import Moment, Site
from simulators.environment.world import Tempo, World

__all__ = [
    "SCENARIOS",
    "Event",
    "Festival",
    "Influence",
    "Moment",
    "Site",
    "Spill",
    "Tempo",
    "Typhoon",
    "World",
]
