"""The LwM2M server: a UDP port at which devices register (``/rd``), notify, and are read and written."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiocoap.numbers import codes
from aiocoap.numbers.codes import Code

from edge.coap.answers import answer, whole
from edge.coap.network import network_of
from edge.coap.port import CoapPort
from edge.coap.secured import SecuredRemote
from edge.intake import Intake
from edge.links.coap_blocks import Blocks
from edge.links.link import LinkStatus
from edge.lwm2m.admission import Admission
from edge.lwm2m.book import Book
from edge.lwm2m.config import Lwm2m
from edge.lwm2m.device import Device, Surroundings
from edge.lwm2m.memory import Kept, Memory
from edge.lwm2m.orders import Orders
from edge.lwm2m.requests import Requests
from edge.lwm2m.rows import Rows
from protocols.coap.observe import Observations
from protocols.lwm2m import Answer, Call, Gone, Refused, Registering, Registry, Standing, Updating, read_request
from protocols.vocabulary import Clock, SystemClock

if TYPE_CHECKING:
    from edge.coap.oscore import Contexts

OBSERVED_PER_DEVICE: Final = 16
"""On average; the table of observations has so many places for each registration."""


class Lwm2mLink:
    """Implements edge.links.link.Link, and edge.commands.actuator.Actuator and Sleepers."""

    def __init__(self, config: Lwm2m, clock: Clock | None = None) -> None:
        self.name = config.name
        self.counters: Counter[str] = Counter()
        self._config = config
        self._clock = clock or SystemClock()
        self._port = CoapPort(config.host, config.port, config.limits.limits(), self._clock, self.counters)
        self._blocks = Blocks(config.max_payload, self._clock, self.counters)
        registry = Registry(config.max_registrations, location=lambda: secrets.token_urlsafe(9))
        self.book = Book(registry, self._clock, self._gone)
        self._around = Surroundings(
            config,
            self._clock,
            self.counters,
            self.book,
            Requests(self._port, self._clock, config.ack_timeout_s),
            Observations(config.max_registrations * OBSERVED_PER_DEVICE),
        )
        self._admission = Admission(config, registry, self._port.guard, self.counters)
        self.devices = {one.endpoint: self._device(one.endpoint, one.source) for one in config.device}
        self._contexts: Contexts | None = None
        self._memory = Memory(self._kept, self._clock, self.counters)
        self._orders = Orders(self.devices, self._around)
        self._intake: Intake | None = None
        self._group: asyncio.TaskGroup | None = None

    def _device(self, endpoint: str, source: str) -> Device:
        listed = self._admission.listed.get(endpoint)
        if listed is None:
            return Device(endpoint, source, Rows((), self._config.rows), self._around)
        rows = Rows(listed.rows, self._config.rows, listed.model_rows)
        return Device(endpoint, source, rows, self._around, listed.found.note if listed.found else "")

    @property
    def port(self) -> int | None:
        """Where it listens; None while it does not."""
        return self._port.number

    async def run(self, intake: Intake) -> None:
        self._intake = intake
        if any(device.oscore is not None for device in self._config.device):
            from edge.coap.oscore import Contexts  # noqa: PLC0415 - its libraries are an extra

            self._contexts = Contexts({one.endpoint: one.oscore for one in self._config.device if one.oscore})
            self._contexts.load()
        try:
            async with asyncio.TaskGroup() as self._group:
                self._group.create_task(self.book.run())
                self._group.create_task(self._memory.run())
                self._group.create_task(self._port.serve(self, self._resume))
        finally:
            if self._contexts is not None:
                self._contexts.close()

    def remember(self, path: Path) -> None:
        """See edge.links.link.Remembering."""
        self._memory.path = path

    def _resume(self) -> None:
        """Take the devices back that an earlier run knew."""
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        for kept in self._memory.load():
            endpoint, remote = kept.registration.endpoint, self._port.remote(kept.address)
            source = self._admission.source(endpoint)
            if source is None:
                continue
            renewed_s, heard_s = (now_s - max(0, now_ms - ms) / 1000 for ms in (kept.renewed_ms, kept.heard_ms))
            self.book.registry.restore(kept.registration, Standing(kept.location, remote, renewed_s, heard_s))
            if self.book.registry.at(kept.location) is not kept.registration:
                continue
            self.devices.setdefault(endpoint, self._device(endpoint, source))
            self._admission.count(endpoint, network_of(kept.address[0]))
            if self._intake is not None and self._group is not None:
                self.devices[endpoint].resume(kept, remote, self._intake, self._group)

    def _kept(self) -> list[Kept]:
        """All registered devices but those by OSCORE, whose observations are bound to what is in memory."""
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        found = []
        for registration in self.book.registry:
            standing = self.book.registry.standing(registration.endpoint)
            if standing is None or isinstance(standing.address, SecuredRemote):
                continue
            remote: Any = standing.address
            renewed_ms, heard_ms = (now_ms - round((now_s - s) * 1000) for s in (standing.renewed_s, standing.heard_s))
            known = self.devices[registration.endpoint].kept()
            found.append(Kept(registration, standing.location, remote.sockaddr, renewed_ms, heard_ms, *known))
        return found

    async def render_to_pipe(self, pipe: Any) -> None:
        """As aiocoap asks a site. What a request leads to is done after its answer is on its way."""
        if pipe.request.opt.oscore is None:
            self._serve(pipe.request, None, lambda message: pipe.add_response(message, is_last=True))
        elif self._contexts is None:
            pipe.add_response(answer(codes.BAD_OPTION, pipe.request, "no OSCORE here"), is_last=True)
        else:
            opened = self._contexts.opened(pipe.request)
            self._serve(
                opened.message,
                opened.name,
                lambda message: pipe.add_response(opened.seal(message), is_last=True),
            )

    def _serve(self, request: Any, vouched: str | None, respond: Callable[[Any], None]) -> None:
        """A request, and the endpoint that its security context vouches for."""
        payload = whole(request, self._blocks, self.counters)
        if not isinstance(payload, bytes):
            respond(payload)
            return
        call = Call(
            _METHODS.get(request.code, "other"),
            request.opt.uri_path,
            request.opt.uri_query,
            None if request.opt.content_format is None else int(request.opt.content_format),
            payload,
        )
        try:
            what = read_request(call, vouched)
            self._admission.check(what, vouched)
            if isinstance(what, Registering):
                self._admission.admit(what, network_of(request.remote.sockaddr[0]))
        except Refused as refused:
            self.counters[f"refused_{refused.code}"] += 1
            respond(answer(_code(refused.code), request, str(refused)))
            return
        said = self.book.receive(what, request.remote)
        said_answer = next(one for one in said if isinstance(one, Answer))
        respond(_message(said_answer, request))
        self.book.follow(said)
        if said_answer.code[0] == "2":
            self._followed(what, request)

    def _followed(self, what: Any, request: Any) -> None:
        match what:
            case Registering(registration):
                endpoint = registration.endpoint
                self.counters["registered"] += 1
                if endpoint not in self.devices:
                    self.devices[endpoint] = self._device(endpoint, self._admission.source(endpoint) or "")
                self._admission.count(endpoint, network_of(request.remote.sockaddr[0]))
                if self._intake is not None and self._group is not None:
                    self.devices[endpoint].begin(registration, self._intake, self._group)
            case Updating(location):
                found = self.book.registry.at(location)
                self.counters["updated"] += 1
                if found is not None and self._group is not None:
                    self._admission.count(found.endpoint, network_of(request.remote.sockaddr[0]))
                    self.devices[found.endpoint].updated(found, self._group)

    def _gone(self, gone: Gone) -> None:
        endpoint = gone.registration.endpoint
        if gone.why == "replaced":
            return
        self.counters[gone.why] += 1
        self._admission.count(endpoint, None)
        device = self.devices.get(endpoint)
        if device is None:
            return
        device.gone()
        if endpoint not in self._admission.listed and len(self.devices) > self._config.max_registrations:
            del self.devices[endpoint]

    def fit(self, source: str, observed: str, channel: str, value: float) -> float | None:
        return self._orders.fit(source, observed, channel, value)

    async def write(self, source: str, observed: str, channel: str, value: float) -> float:
        return await self._orders.write(source, observed, channel, value)

    async def read(self, source: str, observed: str, channel: str) -> float:
        return await self._orders.read(source, observed, channel)

    def sleeps(self, source: str) -> bool:
        return self._orders.sleeps(source)

    def status(self) -> LinkStatus:
        devices = tuple(device.status() for device in self.devices.values()) + self._admission.status()
        up, trouble = self.port is not None, self._port.trouble
        return LinkStatus(self.name, "lwm2m", up, dict(self.counters), devices, trouble)


_METHODS: Final = {codes.GET: "GET", codes.POST: "POST", codes.PUT: "PUT", codes.DELETE: "DELETE"}


def _code(dotted: str) -> Any:
    return Code(int(dotted[0]) << 5 | int(dotted[2:]))


def _message(said: Answer, request: Any) -> Any:
    message = answer(_code(said.code), request, said.diagnostic)
    if said.location:
        message.opt.location_path = said.location
    return message
