"""Who may register: listed devices, with the security context that is theirs, and strangers as far as they may."""

from collections import Counter
from typing import Final

from edge.coap.guard import Guard
from edge.links.link import DeviceRecord, DeviceStatus
from edge.lwm2m.config import Lwm2m, source_of
from protocols.lwm2m import Refused, Registering, Registry
from protocols.lwm2m.registration import Request

MAX_STRANGERS: Final = 32
"""Refused endpoint names that the status tells; the others are counted only."""


class Admission:
    """Says no by raising, and counts which network a registration is for."""

    def __init__(self, config: Lwm2m, registry: Registry, guard: Guard, counters: Counter[str]) -> None:
        self.listed = {device.endpoint: device for device in config.device}
        self._taken = {device.source for device in config.device}
        self._unknown = config.unknown
        self._registry = registry
        self._guard = guard
        self._counters = counters
        self._strangers: dict[str, DeviceRecord] = {}
        self._networks: dict[str, str] = {}

    def source(self, endpoint: str) -> str | None:
        """As which the readings of a device go; None when it is not let in."""
        if endpoint in self.listed:
            return self.listed[endpoint].source
        source = source_of(endpoint) if self._unknown == "accept" else None
        return None if source in self._taken else source

    def check(self, what: Request, vouched: str | None) -> None:
        """Whether the security context is the right one.

        :param vouched: the endpoint whose context it was; None: the request was not protected.
        :raises Refused: it is missing, or another device's.
        """
        if isinstance(what, Registering):
            endpoint = what.registration.endpoint
        else:
            found = self._registry.at(what.location)
            if found is None:
                return
            endpoint = found.endpoint
        wanted = endpoint if endpoint in self.listed and self.listed[endpoint].oscore is not None else None
        if wanted is not None and vouched is None:
            raise Refused("4.01", "this device registers by OSCORE")
        if vouched is not None and vouched != endpoint:
            raise Refused("4.03", "this is another device's")

    def admit(self, what: Registering, network: str) -> None:
        """Whether a device may register.

        :raises Refused: it is not listed, its name is no identity, or its network has too many registrations.
        """
        endpoint = what.registration.endpoint
        if endpoint in self.listed:
            return
        if self._unknown == "refuse":
            self._stranger(endpoint)
            raise Refused("4.03", "this endpoint is not listed here")
        if source_of(endpoint) is None:
            self._stranger(endpoint)
            raise Refused("4.00", "this endpoint name cannot stand in a datastream key; list it with its neuron")
        if source_of(endpoint) in self._taken:  # an IMEI has several forms: not past a listed device's security
            self._stranger(endpoint)
            raise Refused("4.03", "this is a listed device's identity, which registers by another name")
        if self._registry.registration(endpoint) is not None:
            return
        if len(self._registry) + len(self.listed) >= self._registry.limit and self._are_kept_for_listed():
            self._counters["too_many_registrations"] += 1
            raise Refused("5.03", "what places are left are for listed devices")
        if not self._guard.may_register(network):
            raise Refused("5.03", "too many registrations from this address")

    def _are_kept_for_listed(self) -> bool:
        """Whether the places that are left are no more than the listed devices that are not registered."""
        missing = sum(self._registry.registration(endpoint) is None for endpoint in self.listed)
        return len(self._registry) >= self._registry.limit - missing

    def _stranger(self, endpoint: str) -> None:
        self._counters["stranger"] += 1
        if endpoint not in self._strangers and len(self._strangers) >= MAX_STRANGERS:
            return
        self._strangers.setdefault(endpoint, DeviceRecord(f"lwm2m:{endpoint}")).errors["refused"] += 1

    def count(self, endpoint: str, network: str | None) -> None:
        """Which network a registration counts for."""
        old = self._networks.pop(endpoint, None)
        if old is not None:
            self._guard.gone(old)
        if network is not None:
            self._networks[endpoint] = network
            self._guard.registered(network)

    def status(self) -> tuple[DeviceStatus, ...]:
        """The first of those that were refused."""
        return tuple(record.status(("not listed: refused",)) for record in self._strangers.values())
