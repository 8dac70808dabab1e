"""What befalls an island from its start on, by one word: events of the whole world, faults of devices and lines."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from simulators.environment.events import SCENARIOS as EVENTS
from simulators.environment.events import Event
from simulators.faults.config import Patient
from simulators.faults.model import Fault, Kind, Schedule

HOUR_MS: Final = 3_600_000
Faults = Iterator[tuple[str, Fault]]


class Cut(NamedTuple):
    """A gateway's line to the cloud is away, simulated hours after the start."""

    gateway: str
    from_h: float
    to_h: float


def _no_events(start_ms: int) -> tuple[Event, ...]:
    del start_ms
    return ()


def _no_faults(devices: Mapping[str, Patient], start_ms: int) -> Faults:
    del devices, start_ms
    yield from ()


class Scenario(NamedTuple):
    """One of them."""

    summary: str = ""
    speed: float = 1.0
    """At which it is best looked at."""
    events: Callable[[int], tuple[Event, ...]] = _no_events
    """Simulated ms of the start -> what changes the world."""
    faults: Callable[[Mapping[str, Patient], int], Faults] = _no_faults
    """Devices, simulated ms of the start -> who has what."""
    cut: Cut | None = None


def _span(name: str, start_ms: int, from_h: float, to_h: float) -> Schedule:
    return Schedule(name, start_ms + round(from_h * HOUR_MS), start_ms + round(to_h * HOUR_MS))


def _cabinet(devices: Mapping[str, Patient], start_ms: int) -> Faults:
    """Its lamps' controllers have no power."""
    for name, one in devices.items():
        if "lamp_level" in one.observed:
            yield name, Fault("silence", _span(f"{name}/cabinet", start_ms, 0.5, 4.5))


def _dying(devices: Mapping[str, Patient], start_ms: int) -> Faults:
    """The first sonde: first it is noisy, then its contacts fail, then it drifts, sticks, and is silent."""
    for name, one in devices.items():
        if "dissolved_oxygen" not in one.observed:
            continue
        oxygen = frozenset({"dissolved_oxygen"})
        stages: tuple[tuple[Kind, float, float, float], ...] = (
            ("noise", 0.5, 8, 0.6),
            ("drift", 6, 12, -8.0),
            ("stuck", 12, 36, 0),
        )
        for kind, from_h, to_h, size in stages:
            yield name, Fault(kind, _span(f"{name}/dying/{kind}", start_ms, from_h, to_h), size, oxygen)
        begin_ms, end_ms = start_ms + 3 * HOUR_MS, start_ms + 12 * HOUR_MS
        spikes = Schedule(f"{name}/dying/spike", begin_ms, end_ms, HOUR_MS, HOUR_MS // 12)
        yield name, Fault("spike", spikes, 8.0, oxygen)
        yield name, Fault("silence", _span(f"{name}/dying/end", start_ms, 36, 24 * 365))
        return


SCENARIOS: Final[dict[str, Scenario]] = {
    "typhoon": Scenario(
        "a typhoon passes in the west: wind turns, pressure falls, rain, storm surge; the eye after 24 h",
        speed=120,
        events=EVENTS["typhoon"],
    ),
    "spill": Scenario(
        "pollution runs into the south branch and travels downstream with the tide for 72 h",
        speed=240,
        events=EVENTS["spill"],
    ),
    "festival": Scenario(
        "a crowd at the wetland of Dongtan for 10 h: people, noise, smoke", speed=60, events=EVENTS["festival"]
    ),
    "cabinet-outage": Scenario(
        "the lighting cabinets lose their power after half an hour, for 4 h: no lamp answers", speed=60, faults=_cabinet
    ),
    "dying-sensor": Scenario(
        "an oxygen sonde dies: noisy, spikes, drifts, sticks after 12 h, is silent after 36 h", speed=120, faults=_dying
    ),
    "gateway-cut-off": Scenario(
        "the Modbus gateway's line to the cloud is away after half an hour, for 6 h; nothing is lost",
        speed=60,
        cut=Cut("gw-modbus", 0.5, 6.5),
    ),
}


def known_scenario(name: str) -> str:
    """The name, if there is one.

    :raises ValueError: there is none; the message names those there are.
    """
    if name not in SCENARIOS:
        raise ValueError(f"no scenario {name!r}: expected one of {', '.join(SCENARIOS)}")
    return name


def described() -> str:
    """All of them in one sentence, for ``--help``."""
    return "; ".join(f"{name}: {one.summary} (look at it at --speed {one.speed:g})" for name, one in SCENARIOS.items())
