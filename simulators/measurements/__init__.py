"""Real measurements, and the replay that makes them a device's present."""

from simulators.measurements.replay import Between, Replay
from simulators.measurements.series import Series, air, water_level

__all__ = ["Between", "Replay", "Series", "air", "water_level"]
