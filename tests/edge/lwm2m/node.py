"""An LwM2M client made of aiocoap: it registers, answers reads and writes, notifies, and may be deaf."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiocoap
from aiocoap import resource
from aiocoap.credentials import CredentialsMap
from aiocoap.numbers import codes
from aiocoap.numbers.constants import TransportTuning, Unreliable
from aiocoap.oscore import FilesystemSecurityContext
from aiocoap.oscore_sitewrapper import OscoreSiteWrapper
from aiocoap.transports.oscore import TransportOSCORE

from edge.lwm2m.payload import read
from protocols.lwm2m import Kind, Path, Tlv, Value, encode
from protocols.lwm2m import resource as listed
from protocols.lwm2m.values import write
from protocols.lwm2m.writing import written
from protocols.senml import Entry, encode_cbor, encode_json

TEXT, TLV, SENML_JSON, SENML_CBOR, JSON = 0, 11542, 110, 112, 11543


class LwM2mNode:
    """A device with some resources.

    :param formats: what it can write; another one that is asked for is 4.06.
    """

    def __init__(
        self, values: Mapping[str, Value], formats: tuple[int, ...] = (TLV,), ack_timeout_s: float = 0.3
    ) -> None:
        self.values = {Path.parse(path): value for path, value in values.items()}
        self.formats = formats
        self._tuning = TransportTuning()
        self._tuning.ACK_TIMEOUT = ack_timeout_s
        self.asked: list[tuple[str, str]] = []
        """Method and path of each request."""
        self.executed: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.location: tuple[str, ...] = ()
        self.refuse: dict[str, Any] = {}
        """Path -> code that it answers with."""
        self.observable = True
        self.confirmable = True
        """Whether it wants its notifications acknowledged; then it sends one at a time (NSTART of RFC 7252 is 1)."""
        self._site = resource.Site()
        self.resources: dict[Path, _Resource] = {}
        for path in [*self.values, *{Path(*path[:2]) for path in self.values}]:
            self.resources[path] = _Resource(self, path)
            self._site.add_resource([str(part) for part in path.ids], self.resources[path])
        self.context: Any = None
        self.server = ("127.0.0.1", 0)

    @asynccontextmanager
    async def secured(self, port: int | None, folder: str) -> AsyncIterator["LwM2mNode"]:
        """With its radio on, and a security context of its own."""
        context = FilesystemSecurityContext(folder)
        server = f"coap://127.0.0.1:{port}"
        async with self.on(port):
            credentials = CredentialsMap()
            credentials[":server"] = context
            self.context.serversite = OscoreSiteWrapper(self._site, credentials)
            self.context.client_credentials[f"{server}/*"] = context
            self.context.request_interfaces.insert(0, TransportOSCORE(self.context, self.context))
            yield self
        context._destroy()

    @asynccontextmanager
    async def on(self, port: int | None) -> AsyncIterator["LwM2mNode"]:
        """With its radio on.

        :param port: of the server, or of a proxy before it.
        """
        self.server = ("127.0.0.1", port or 0)
        self.context = await aiocoap.Context.create_server_context(
            self._site, bind=("127.0.0.1", 0), transports=["udp6"]
        )
        try:
            yield self
        finally:
            await self.context.shutdown()

    async def request(
        self, code: Any, path: tuple[str, ...], query: tuple[str, ...] = (), payload: bytes = b"", **options: Any
    ) -> Any:
        message = aiocoap.Message(
            code=code,
            payload=payload,
            uri=f"coap://{self.server[0]}:{self.server[1]}",
            transport_tuning=self._tuning,
            **options,
        )
        message.opt.uri_path = path
        message.opt.uri_query = query
        async with asyncio.timeout(300):
            return await self.context.request(message).response

    async def register(self, endpoint: str, *more: str, links: str | None = None, version: str = "1.0") -> Any:
        if links is None:
            links = ",".join(f"</{path[0]}/{path[1]}>" for path in dict.fromkeys(path[:2] for path in self.values))
        query = (f"ep={endpoint}", f"lwm2m={version}", *more)
        answer = await self.request(codes.POST, ("rd",), query, links.encode(), content_format=40)
        if answer.code is codes.CREATED:
            self.location = answer.opt.location_path
        return answer

    async def update(self, *query: str) -> Any:
        return await self.request(codes.POST, self.location, query)

    async def deregister(self) -> Any:
        return await self.request(codes.DELETE, self.location)

    def notify(self, path: str, value: Value) -> None:
        place = Path.parse(path)
        self.values[place] = value
        self.resources[place].updated_state()

    def payload(self, path: Path, accept: int | None) -> aiocoap.Message:
        chosen = self.formats[0] if accept is None else accept
        if chosen not in self.formats:
            return aiocoap.Message(code=codes.NOT_ACCEPTABLE)
        inside = {place: value for place, value in self.values.items() if place[: len(path.ids)] == path.ids}
        if chosen == TLV:
            data = encode(
                [
                    Tlv(Kind.RESOURCE, place.resource_id or 0, write(value, kind_of(place)))
                    for place, value in inside.items()
                ]
            )
        elif chosen in (SENML_JSON, SENML_CBOR):
            entries = [_entry(place, value) for place, value in inside.items()]
            data = (encode_json if chosen == SENML_JSON else encode_cbor)(entries)
        elif path.resource_id is None:
            return aiocoap.Message(code=codes.METHOD_NOT_ALLOWED)
        else:
            data = written(path, self.values[path], kind_of(path), chosen)
        tuning = self._tuning if self.confirmable else Unreliable()
        return aiocoap.Message(code=codes.CONTENT, payload=data, content_format=chosen, transport_tuning=tuning)


def kind_of(path: Path) -> Any:
    known = listed(path.object_id, path.resource_id or 0)
    assert known is not None
    return known.type


def _tlv(path: Path, value: Value) -> Tlv:
    return Tlv(Kind.RESOURCE, path.resource_id or 0, write(value, kind_of(path)))


def _entry(path: Path, value: Value) -> Entry:
    match value:
        case bool():
            return Entry(n=str(path), vb=value)
        case int() | float():
            return Entry(n=str(path), v=value)
        case _:
            return Entry(n=str(path), vs=str(value))


class _Resource(resource.ObservableResource):  # type: ignore[misc]  # aiocoap has no types
    def __init__(self, node: LwM2mNode, path: Path) -> None:
        super().__init__()
        self._node = node
        self._path = path

    async def add_observation(self, request: Any, serverobservation: Any) -> None:
        if self._node.observable and str(self._path) not in self._node.refuse:
            await super().add_observation(request, serverobservation)

    async def render(self, request: Any) -> Any:
        method = str(request.code)
        self._node.asked.append((method, str(self._path)))
        refused = self._node.refuse.get(str(self._path))
        if refused is not None:
            return aiocoap.Message(code=refused)
        return await super().render(request)

    async def render_get(self, request: Any) -> Any:
        accept = request.opt.accept
        return self._node.payload(self._path, None if accept is None else int(accept))

    async def render_put(self, request: Any) -> Any:
        if request.opt.uri_query and not request.payload:
            self._node.attributes.append((str(self._path), "&".join(request.opt.uri_query)))
            return aiocoap.Message(code=codes.CHANGED)
        content_format = int(request.opt.content_format)
        if content_format not in self._node.formats:
            return aiocoap.Message(code=codes.UNSUPPORTED_CONTENT_FORMAT)
        for node in read(request.payload, content_format, self._path, "/", 0):
            self._node.values[node.path] = node.value
        return aiocoap.Message(code=codes.CHANGED)

    async def render_post(self, request: Any) -> Any:
        self._node.executed.append(str(self._path))
        return aiocoap.Message(code=codes.CHANGED)
