"""A streetlight on NB-IoT: an LwM2M 1.0 client with lamp and thermometer, asleep (queue mode) between two reports."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiocoap
from aiocoap import resource
from aiocoap.error import Error as CoapError
from aiocoap.messagemanager import MessageManager
from aiocoap.numbers import codes
from aiocoap.numbers.constants import TransportTuning
from aiocoap.tokenmanager import TokenManager
from aiocoap.transports.udp6 import MessageInterfaceUDP6
from aiocoap.util import socknumbers

from protocols.lwm2m import Kind, Path, Tlv, Value, encode, nodes
from protocols.lwm2m import resource as listed
from protocols.lwm2m.values import write
from protocols.vocabulary import Clock, ProtocolError
from simulators.environment import Site, World
from simulators.environment.generated import active_power, lamp_level
from simulators.environment.wander import chance
from simulators.faults import PLAIN, Mouth
from simulators.faults.world import shown
from simulators.truth import Said, Witness

TLV: Final = 11_542
TEMPERATURE: Final = Path(3303, 0, 5700)
ON_OFF: Final = Path(3311, 0, 5850)
DIMMER: Final = Path(3311, 0, 5851)
POWER: Final = Path(3328, 0, 5700)
MEASURED: Final = (TEMPERATURE, ON_OFF, DIMMER, POWER)
OBSERVED: Final = {
    TEMPERATURE: "air_temperature",
    ON_OFF: "switched_on",
    DIMMER: "lamp_level",
    POWER: "active_power",
}
_FIXED: Final[dict[Path, Value]] = {
    Path(3, 0, 0): "Yingzhou simulators",
    Path(3, 0, 1): "lamp",
    TEMPERATURE._replace(resource_id=5701): "Cel",
    POWER._replace(resource_id=5701): "W",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LampSettings:
    """How one lamp is set up."""

    host: str
    port: int
    endpoint: str
    """Its endpoint client name, such as ``urn:imei:...``."""
    period_s: float = 900.0
    """Simulated seconds between two reports; no less than 1 s of real time."""
    awake_s: float = 10.0
    """Real seconds that it listens after it was heard; the standard has 93."""
    lifetime_s: int = 86_400
    ack_timeout_s: float = 10.0
    queue_mode: bool = True
    loss: float = 0.0
    """Share of the datagrams that are lost, each way, 0 to 1: a node at the edge of its cell."""


class Lwm2mLamp:
    """One lamp; :meth:`run` until cancelled.

    By itself it follows the sun; once its dimmer was written, it keeps that level. While it sleeps nothing reaches it.
    """

    def __init__(
        self, site: Site, settings: LampSettings, world: World, clock: Clock, witness: Witness | None = None
    ) -> None:
        self.site = site
        self.settings = settings
        self.commanded: int | None = None
        """The level that was written, %; None as long as none was."""
        self.on: bool | None = None
        """As it was written; None: on when the level is above 0."""
        self.mouth: Mouth = PLAIN
        """Where its datagrams go out; a lamp that is silent has no power."""
        self.registrations = 0
        self.wakes = 0
        self.lost = 0
        """Datagrams, either way."""
        self.values: dict[Path, Value] = dict(_FIXED)
        self._world = world
        self._clock = clock
        self._witness = witness
        self._location: tuple[str, ...] = ()
        self._datagrams = 0
        self._tuning = TransportTuning()
        self._tuning.ACK_TIMEOUT = settings.ack_timeout_s
        self._site = resource.Site()
        self._measured: dict[Path, _Resource] = {}
        for path in (*_FIXED, *MEASURED):
            self._measured[path] = _Resource(self, path)
        for path in {*self._measured, *(path._replace(resource_id=None) for path in self._measured)}:
            self._site.add_resource([str(part) for part in path.ids], self._measured.get(path) or _Resource(self, path))

    async def run(self) -> None:
        """Wake, report, listen and sleep until cancelled."""
        self.measure()
        context, radio = await _context(self._site)
        radio.loses = self._loses
        try:
            while True:
                radio.asleep = dead = self.mouth.spoilt(b"\0") is None
                if not dead:
                    self.wakes += 1
                    self.measure()
                    await self._report(context)
                    await self._clock.sleep(self.settings.awake_s if self.settings.queue_mode else 0)
                radio.asleep = dead or self.settings.queue_mode
                await self._clock.sleep(max(1.0, self._world.tempo.real_s(self.settings.period_s)))
        finally:
            await context.shutdown()

    def measure(self) -> None:
        """What is there now."""
        now_ms = self._clock.now_ms()
        moment = self._world.moment(self.site, now_ms)
        level = round(lamp_level(moment)) if self.commanded is None else self.commanded
        is_on = level > 0 if self.on is None else self.on
        temperature = self._world.value(self.site, "air_temperature", now_ms)
        if temperature is not None:
            self.values[TEMPERATURE] = temperature
        self.values.setdefault(TEMPERATURE, 20.0)
        power = active_power(moment, float(level) if is_on else 0.0)
        self.values[ON_OFF] = bool(self._shown("switched_on", now_ms, is_on))
        self.values[DIMMER] = round(self._shown("lamp_level", now_ms, level))
        self.values[POWER] = self._shown("active_power", now_ms, power)

    def _shown(self, observed: str, now_ms: int, true: float) -> float:
        return shown(self._world, self.site, observed, now_ms, true)

    def set(self, path: Path, value: Value) -> bool:
        """A resource was written; False when it may not be, or not so."""
        match path, value:
            case (3311, 0, 5850, None), bool():
                self.on = value
            case (3311, 0, 5851, None), int() if 0 <= value <= 100:
                self.commanded = value
            case _:
                return False
        self.measure()
        return True

    def tell(self, values: Sequence[tuple[Path, Value]]) -> None:
        """What it says now, to whoever keeps the truth."""
        if self._witness is None:
            return
        hardware, now_ms = self.settings.endpoint.removeprefix("urn:"), self._clock.now_ms()
        self._witness(
            [
                Said(self.site.device, hardware, OBSERVED[path], None, float(value), "answered", now_ms)
                for path, value in values
                if path in OBSERVED and isinstance(value, int | float)
            ]
        )

    def _loses(self) -> bool:
        """Whether the next datagram is lost."""
        self._datagrams += 1
        is_lost = chance(f"{self._world.seed}/{self.site.device}/radio", self._datagrams) < self.settings.loss
        self.lost += is_lost
        return is_lost

    async def _report(self, context: Any) -> None:
        """Register or update; whatever is observed is notified of."""
        try:
            if not self._location or not await self._update(context):
                await self._register(context)
        except (CoapError, OSError):
            return  # no answer: it sleeps, and tries again
        for path in MEASURED:
            self._measured[path].updated_state()

    async def _register(self, context: Any) -> None:
        binding = "UQ" if self.settings.queue_mode else "U"
        query = (f"ep={self.settings.endpoint}", f"lt={self.settings.lifetime_s}", "lwm2m=1.0", f"b={binding}")
        links = ",".join(f"</{number}/0>" for number in sorted({path.object_id or 0 for path in self.values}))
        answer = await self._asked(context, ("rd",), query, links.encode())
        self._location = answer.opt.location_path if answer.code is codes.CREATED else ()
        self.registrations += answer.code is codes.CREATED

    async def _update(self, context: Any) -> bool:
        answer = await self._asked(context, self._location, (), b"")
        return bool(answer.code.is_successful())

    async def _asked(self, context: Any, path: tuple[str, ...], query: tuple[str, ...], payload: bytes) -> Any:
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        message = aiocoap.Message(
            code=codes.POST,
            uri=f"coap://{host}:{self.settings.port}",
            payload=payload,
            content_format=40 if payload else None,
            transport_tuning=self._tuning,
        )
        message.opt.uri_path, message.opt.uri_query = path, query
        return await context.request(message).response


class _Radio(MessageInterfaceUDP6):  # type: ignore[misc]  # aiocoap has no types
    """A UDP socket that hears nothing while the modem sleeps, and loses datagrams where the cell ends."""

    asleep = False
    loses: Callable[[], bool] = staticmethod(lambda: False)

    def datagram_msg_received(self, data: bytes, ancdata: Any, flags: int, address: Any) -> None:
        if not self.asleep and not self.loses():
            super().datagram_msg_received(data, ancdata, flags, address)

    def send(self, message: Any) -> None:
        if not self.loses():
            super().send(message)


async def _context(site: Any) -> tuple[Any, _Radio]:
    context = aiocoap.Context(loop=asyncio.get_running_loop(), serversite=site, loggername="lwm2m-lamp")
    tokens = TokenManager(context)
    messages = MessageManager(tokens)
    tokens.token_interface = messages
    radio = await _Radio.create_client_transport_endpoint(messages, log=context.log, loop=context.loop)
    if socknumbers.HAS_RECVERR:
        # It learns nothing of closed ports, as a modem does not: libuv never again polls a socket that was told of one.
        sock = radio.transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_IPV6, socknumbers.IPV6_RECVERR, 0)
        sock.setsockopt(socket.IPPROTO_IP, socknumbers.IP_RECVERR, 0)
    messages.message_interface = radio
    context.request_interfaces.append(tokens)
    return context, radio


class _Resource(resource.ObservableResource):  # type: ignore[misc]  # aiocoap has no types
    """An object instance or a resource, told in TLV."""

    def __init__(self, lamp: Lwm2mLamp, path: Path) -> None:
        super().__init__()
        self._lamp = lamp
        self._path = path

    async def render_get(self, request: Any) -> Any:
        if request.opt.accept is not None and int(request.opt.accept) != TLV:
            return aiocoap.Message(code=codes.NOT_ACCEPTABLE)
        self._lamp.measure()
        inside = [one for one in self._lamp.values.items() if one[0].ids[: len(self._path.ids)] == self._path.ids]
        payload = encode([_tlv(path, value) for path, value in inside])
        self._lamp.tell(inside)
        return aiocoap.Message(code=codes.CONTENT, payload=payload, content_format=TLV)

    async def render_put(self, request: Any) -> Any:
        if not request.payload:  # Write-Attributes: it notifies when it wakes, whatever they say
            return aiocoap.Message(code=codes.CHANGED)
        if request.opt.content_format is None or int(request.opt.content_format) != TLV:
            return aiocoap.Message(code=codes.UNSUPPORTED_CONTENT_FORMAT)
        try:
            written = nodes(request.payload, TLV, self._path)
        except ProtocolError:
            return aiocoap.Message(code=codes.BAD_REQUEST)
        done = all(self._lamp.set(node.path, node.value) for node in written)
        return aiocoap.Message(code=codes.CHANGED if done else codes.METHOD_NOT_ALLOWED)


def _tlv(path: Path, value: Value) -> Tlv:
    known = listed(path.object_id, path.resource_id or 0)
    return Tlv(Kind.RESOURCE, path.resource_id or 0, write(value, known.type if known else "float"))
