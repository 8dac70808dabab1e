"""Faults of devices with known truth: what goes wrong, when, and how it is labelled; seeded, in simulated time."""

from simulators.faults.model import Fault, Kind, Schedule
from simulators.faults.mouth import PLAIN, Mouth
from simulators.faults.plan import FaultPlan, Seat
from simulators.faults.world import shown

__all__ = ["PLAIN", "Fault", "FaultPlan", "Kind", "Mouth", "Schedule", "Seat", "shown"]
