"""The world the simulated devices stand in: a pure function of seed, place and time."""

from simulators.environment.moment import Moment, Site
from simulators.environment.world import Tempo, World

__all__ = ["Moment", "Site", "Tempo", "World"]
