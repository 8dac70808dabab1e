"""What a registration says that is worth asking for, and how it is told."""

from typing import Any

from edge.lwm2m.config import Lwm2m
from protocols.lwm2m import Path, Registration, Standing


def instances(registration: Registration) -> list[Path]:
    """Object instances; of an object without one instance 0 is tried."""
    offered = registration.offer.instances
    with_instance = {path.object_id for path in offered if path.instance_id is not None}
    return [
        path if path.instance_id is not None else path._replace(instance_id=0)
        for path in offered
        if path.instance_id is not None or path.object_id not in with_instance
    ]


def attributes(config: Lwm2m) -> tuple[str, ...]:
    """Write-Attributes of every observation."""
    given = (("pmin", config.min_period_s), ("pmax", config.max_period_s))
    return tuple(f"{name}={value}" for name, value in given if value is not None)


def standing_notes(registration: Registration, standing: Standing, now_s: float) -> list[str]:
    """Where the device is, how it wants to be reached, and for how long."""
    remote: Any = standing.address
    left_s = standing.renewed_s + registration.lifetime_s - now_s
    lifetime = f"{left_s:.0f} of {registration.lifetime_s} s left" if registration.lifetime_s else "for ever"
    mode = f"{registration.binding}{', queue mode' if registration.queue_mode else ''}"
    return [f"at {remote.hostinfo}, LwM2M {registration.version}, {mode}, {lifetime}"]
