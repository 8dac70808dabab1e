"""What the world says where an instrument of the island stands, and how finely the instrument can say it."""

from typing import Final

from simulators.devices.coap_node import SENSORS
from simulators.devices.hj212_content import station_type
from simulators.devices.modbus_unit import ORIFICE
from simulators.devices.register_map import FLOATS, REGISTER_MAPS
from simulators.devices.sl651_content import STATION_TYPES
from simulators.environment import Site, World
from simulators.layout import NeuronPlan

SECOND_MS: Final = 1000
OLD_S: Final = 4
"""So old may be what a device without a clock of its own says: it measures on the full second, and is asked later."""
AWAKE_S: Final = 13
"""A lamp on NB-IoT measures when it wakes, and is read as long as it is awake."""
OF_THE_DEVICE: Final = frozenset({"drive_running", "water_flow"})
"""What a sluice's controller works out itself."""
_METER: Final = {"active_energy": 0.01, "voltage": 0.1, "current": 0.001, "active_power": 0.1, "water_volume": 0.01}


def step_of(plan: NeuronPlan, name: str) -> float:
    """The last digit that the instrument shows, in the property's unit; 0: what travels is a float."""
    observed = name.partition("/")[0]
    if plan.wire in ("modbus-tcp", "modbus-rtu-tcp"):
        entry = next(one for one in REGISTER_MAPS[plan.form].entries if one.observed == name)
        return 0.0 if entry.form in FLOATS else 1 / entry.times
    if plan.wire == "hj212-tcp":
        factors = (one for one in station_type(plan.form).factors if one.observed == observed)  # type: ignore[arg-type]
        factor = next(factors)
        return 10.0**-factor.decimals * factor.over / factor.times
    if plan.wire == "sl651-tcp":
        elements = (one for one in STATION_TYPES[plan.form].elements if one.observed == observed)  # type: ignore[index]
        return 10.0 ** -next(elements).decimals
    if plan.wire == "coap":
        return 10.0 ** -SENSORS[observed][1]
    return _METER[observed] if plan.wire == "meter-tcp" else 0.0


def site_of(plan: NeuronPlan, name: str) -> Site:
    """Where it is measured."""
    site = Site(plan.device, plan.longitude, plan.latitude)
    channel = name.partition("/")[2]
    if plan.wire == "meter-tcp":
        return site._replace(load="house")
    if plan.form == "sluice_gate":
        return site._replace(river=channel == "below") if channel else site
    if plan.form == "cabinet_meter":
        return site._replace(load="cabinet", device=f"{plan.device}/{channel}" if channel else plan.device)
    return site


def is_of_the_world(world: World, plan: NeuronPlan, name: str, time_ms: int, value: float) -> bool:
    """Whether a stored reading is what was there, as finely as the instrument can say it."""
    observed = name.partition("/")[0]
    if observed in OF_THE_DEVICE:
        return _is_flow(world, plan, time_ms, value) if observed == "water_flow" else value in (0.0, 1.0)
    site, step = site_of(plan, name), step_of(plan, name)
    second = time_ms - time_ms % SECOND_MS
    old_s = AWAKE_S if plan.wire == "lwm2m" else OLD_S
    instants = [time_ms, *(second - back * SECOND_MS for back in range(old_s + 1))]
    found = [world.last_known(site, observed, instant) for instant in instants]
    slack = 0.501 * step + 1e-6 * abs(value)
    return min(found) - slack <= value <= max(found) + slack


def _is_flow(world: World, plan: NeuronPlan, time_ms: int, value: float) -> bool:
    """Of a gate 6 m wide: no more than the opening lets through, and from the higher side to the lower."""
    above, below = (world.last_known(site_of(plan, f"x/{side}"), "water_level", time_ms) for side in ("above", "below"))
    opening = world.last_known(site_of(plan, "gate_opening"), "gate_opening", time_ms)
    expected = ORIFICE * 6.0 * opening * (2 * 9.80665 * abs(above - below)) ** 0.5
    return abs(abs(value) - expected) <= 0.02 * expected + 0.05 and value * (above - below) >= 0
