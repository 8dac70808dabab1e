"""The CoAP server: devices post SenML packs to ``/senml`` (RFC 7252, RFC 8428); 2.04 means that they are on disk."""

import asyncio
import socket
from collections import Counter
from typing import Any, Final

import aiocoap
from aiocoap import resource
from aiocoap.numbers import codes
from aiocoap.numbers.optionnumbers import OptionNumber
from aiocoap.util import socknumbers

from edge.backoff import Backoff
from edge.intake import Intake
from edge.links.coap_blocks import BlockGap, Blocks, TooLarge
from edge.links.config import Coap
from edge.links.link import DeviceRecord, LinkStatus
from protocols.senml.readings import DECODERS, understand
from protocols.vocabulary import Batch, Clock, ProtocolError, Reading, SystemClock

MAX_DIAGNOSTIC: Final = 200
_NOT_IN_THE_KEY: Final = [OptionNumber.BLOCK1, OptionNumber.BLOCK2, OptionNumber.OBSERVE]


class CoapLink:
    """A UDP port where devices post."""

    MAX_DEVICES: Final = 10_000
    """Told apart in the status; beyond it only the link's counters count."""

    def __init__(self, config: Coap, clock: Clock | None = None) -> None:
        self.name = config.name
        self.counters: Counter[str] = Counter()
        self._config = config
        self._clock = clock or SystemClock()
        self._devices: dict[str, DeviceRecord] = {}
        self._blocks = Blocks(config.max_payload, self._clock, self.counters)
        self._context: Any = None

    @property
    def port(self) -> int | None:
        """Where it listens; with port 0 in the configuration the system's choice. None while it does not."""
        if self._context is None:
            return None
        return int(self._messages.transport.get_extra_info("socket").getsockname()[1])

    @property
    def _messages(self) -> Any:
        """The library's own protocol on its UDP socket."""
        return self._context.request_interfaces[0].token_interface.message_interface

    def _harden(self) -> None:
        """Against what strangers send and do not wait for.

        A socket that is told of ICMP errors is readable with POLLERR once somebody went away before our answer came,
        and libuv never polls such a socket again: the whole link would be deaf. And an option that is no UTF-8 comes
        out of the library as an exception in the loop, with thirty lines of log for each datagram.
        """
        messages = self._messages
        sock = messages.transport.get_extra_info("socket")
        if socknumbers.HAS_RECVERR:
            sock.setsockopt(socket.IPPROTO_IPV6, socknumbers.IPV6_RECVERR, 0)
            sock.setsockopt(socket.IPPROTO_IP, socknumbers.IP_RECVERR, 0)
        received = messages.datagram_msg_received

        def guarded(*arguments: Any) -> None:
            try:
                received(*arguments)
            except UnicodeDecodeError:
                self.counters["unparsable"] += 1

        messages.datagram_msg_received = guarded

    async def run(self, intake: Intake) -> None:
        site = resource.Site()
        site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader))
        site.add_resource(["senml"], _Senml(self, intake))
        backoff = Backoff()
        while self._context is None:
            try:
                _refuse_taken(self._config.host, self._config.port)
                self._context = await aiocoap.Context.create_server_context(
                    site, bind=(self._config.host, self._config.port), transports=["udp6"]
                )
            except OSError:
                self.counters["port_not_had"] += 1
                await self._clock.sleep(backoff.next_s())
        self._harden()
        try:
            await asyncio.get_running_loop().create_future()  # for ever: aiocoap's transport calls us
        finally:
            context, self._context = self._context, None
            await context.shutdown()

    async def take(self, request: Any, intake: Intake) -> Any:
        """A POST or PUT, or one block of it; gives the answer."""
        self.counters["request"] += 1
        payload = self._whole(request)
        if not isinstance(payload, bytes):
            return payload
        if request.opt.content_format not in DECODERS:
            self.counters["content_format"] += 1
            return _answer(codes.UNSUPPORTED_CONTENT_FORMAT, request, "content format: expected 110 or 112")
        now_ms = self._clock.now_ms()
        try:
            pack = understand(payload, int(request.opt.content_format), self._config.max_payload, now_ms, self.counters)
        except ProtocolError as wrong:
            self.counters["malformed"] += 1
            return _answer(codes.BAD_REQUEST, request, str(wrong))
        if pack.readings and not await self._kept(pack.readings, intake):
            return _answer(codes.SERVICE_UNAVAILABLE, request, "the disk refused")
        self._heard(pack.readings, now_ms)
        if pack.refused and not pack.readings:
            return _answer(codes.BAD_REQUEST, request, pack.refused[0])
        return _answer(
            codes.CHANGED, request, f"{len(pack.refused)} refused: {pack.refused[0]}" if pack.refused else ""
        )

    def _whole(self, request: Any) -> Any:
        """The whole payload; or the answer, while blocks are missing or when there are too many bytes."""
        block = request.opt.block1
        try:
            if block is None:
                return self._blocks.whole(request.payload)
            key = (request.remote.blockwise_key, request.code, request.get_cache_key(_NOT_IN_THE_KEY))
            whole = self._blocks.add(key, block.start, request.payload, more=block.more)
        except TooLarge:
            self.counters["too_large"] += 1
            return aiocoap.Message(code=codes.REQUEST_ENTITY_TOO_LARGE, size1=self._config.max_payload)
        except BlockGap:
            return _answer(codes.REQUEST_ENTITY_INCOMPLETE, request, "")
        return _answer(codes.CONTINUE, request, "") if whole is None else whole

    async def _kept(self, readings: list[Reading], intake: Intake) -> bool:
        """Hand over, and wait until they are on disk."""
        taken = intake.put(Batch.of(readings))
        await asyncio.wait([taken])  # unlike await, being cancelled here leaves the intake's future alone
        if taken.cancelled() or taken.exception() is not None:
            self.counters["not_kept"] += 1
            return False
        return True

    def _heard(self, readings: list[Reading], now_ms: int) -> None:
        for source, count in Counter(reading.point.source for reading in readings).items():
            if source not in self._devices and len(self._devices) >= self.MAX_DEVICES:
                self.counters["too_many_devices"] += 1
                continue
            self._devices.setdefault(source, DeviceRecord(source)).heard(now_ms, count)

    def status(self) -> LinkStatus:
        devices = tuple(device.status() for device in self._devices.values())
        return LinkStatus(self.name, "coap", self._context is not None, dict(self.counters), devices)


class _Senml(resource.Resource):  # type: ignore[misc]  # aiocoap has no types
    """``/senml``: reassembles blocks itself, since aiocoap's own assembly has no bound."""

    ct = "110 112"
    rt = "yz.senml"

    def __init__(self, link: CoapLink, intake: Intake) -> None:
        super().__init__()
        self._link = link
        self._intake = intake

    async def needs_blockwise_assembly(self, request: Any) -> bool:
        del request
        return False

    async def render_post(self, request: Any) -> Any:
        return await self._link.take(request, self._intake)

    async def render_put(self, request: Any) -> Any:
        return await self._link.take(request, self._intake)


def _refuse_taken(host: str, port: int) -> None:
    """The library shares its port with whoever shares too (SO_REUSEPORT): of two agents each would get some datagrams.

    :raises OSError: somebody has the port.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.bind(address)


def _answer(code: Any, request: Any, diagnostic: str) -> Any:
    """An answer with a diagnostic payload (RFC 7252 §5.5.2) that echoes the block it belongs to."""
    text = diagnostic.encode()[:MAX_DIAGNOSTIC].decode(errors="ignore").encode()
    return aiocoap.Message(code=code, payload=text, block1=request.opt.block1)
