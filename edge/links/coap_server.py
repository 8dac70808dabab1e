"""The CoAP server: devices post SenML packs to ``/senml`` (RFC 7252, RFC 8428); 2.04 means that they are on disk."""

from collections import Counter
from typing import Any, Final

from aiocoap import resource
from aiocoap.numbers import codes

from edge.coap.answers import answer, kept, whole
from edge.coap.port import CoapPort
from edge.intake import Intake
from edge.links.coap_blocks import Blocks
from edge.links.coap_config import Coap
from edge.links.link import DeviceRecord, LinkStatus
from protocols.senml.readings import DECODERS, understand
from protocols.vocabulary import Clock, ProtocolError, Reading, SystemClock


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
        self._port = CoapPort(config.host, config.port, config.limits.limits(), self._clock, self.counters)

    @property
    def port(self) -> int | None:
        """Where it listens; with port 0 in the configuration the system's choice. None while it does not."""
        return self._port.number

    async def run(self, intake: Intake) -> None:
        site = resource.Site()
        site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader))
        site.add_resource(["senml"], _Senml(self, intake))
        await self._port.serve(site)

    async def take(self, request: Any, intake: Intake) -> Any:
        """A POST or PUT, or one block of it; gives the answer."""
        self.counters["request"] += 1
        payload = whole(request, self._blocks, self.counters)
        if not isinstance(payload, bytes):
            return payload
        if request.opt.content_format not in DECODERS:
            self.counters["content_format"] += 1
            return answer(codes.UNSUPPORTED_CONTENT_FORMAT, request, "content format: expected 110 or 112")
        now_ms = self._clock.now_ms()
        try:
            pack = understand(payload, int(request.opt.content_format), self._config.max_payload, now_ms, self.counters)
        except ProtocolError as wrong:
            self.counters["malformed"] += 1
            return answer(codes.BAD_REQUEST, request, str(wrong))
        if pack.readings and not await kept(pack.readings, intake, self.counters):
            return answer(codes.SERVICE_UNAVAILABLE, request, "the disk refused")
        self._heard(pack.readings, now_ms)
        if pack.refused and not pack.readings:
            return answer(codes.BAD_REQUEST, request, pack.refused[0])
        return answer(codes.CHANGED, request, f"{len(pack.refused)} refused: {pack.refused[0]}" if pack.refused else "")

    def _heard(self, readings: list[Reading], now_ms: int) -> None:
        for source, count in Counter(reading.point.source for reading in readings).items():
            if source not in self._devices and len(self._devices) >= self.MAX_DEVICES:
                self.counters["too_many_devices"] += 1
                continue
            self._devices.setdefault(source, DeviceRecord(source)).heard(now_ms, count, now_s=self._clock.monotonic_s())

    def status(self) -> LinkStatus:
        now_s = self._clock.monotonic_s()
        for device in self._devices.values():
            device.look(now_s, self._config.idle_s)
        devices = tuple(device.status() for device in self._devices.values())
        up, trouble = self.port is not None, self._port.trouble
        return LinkStatus(self.name, "coap", up, dict(self.counters), devices, trouble)


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
