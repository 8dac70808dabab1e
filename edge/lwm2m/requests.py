"""Requests to a device: read, write, execute, observe, each sent once by CoAP and answered or given up."""

import asyncio
import secrets
from typing import Any, Final

from aiocoap import Message
from aiocoap.error import Error as CoapError
from aiocoap.numbers import codes
from aiocoap.numbers.constants import TransportTuning

from edge.coap.observation import Observation
from edge.coap.port import CoapPort
from edge.coap.secured import SecuredRemote
from edge.lwm2m.book import Perform
from protocols.lwm2m import Path
from protocols.vocabulary import Clock, LinkDown, ProtocolError

_PATIENCE: Final = 46.5
"""MAX_TRANSMIT_WAIT over ACK_TIMEOUT (RFC 7252 §4.8.2): an answer that took longer does not come any more."""


class Requests:
    """Makes the requests of one port; each gives what edge.lwm2m.book.Book.ask sends."""

    def __init__(self, port: CoapPort, clock: Clock, ack_timeout_s: float) -> None:
        self._port = port
        self._clock = clock
        self._tuning = TransportTuning()
        self._tuning.ACK_TIMEOUT = ack_timeout_s
        self._patience_s = _PATIENCE * ack_timeout_s

    def read(self, root: str, path: Path, accept: int | None = None) -> Perform:
        """GET of an object instance or a resource."""
        return self._plain(codes.GET, root, path, accept=accept)

    def write(self, root: str, path: Path, content_format: int, payload: bytes) -> Perform:
        """PUT of a resource."""
        return self._plain(codes.PUT, root, path, content_format=content_format, payload=payload)

    def attributes(self, root: str, path: Path, attributes: tuple[str, ...]) -> Perform:
        """PUT of attributes, such as ``pmin=10``."""
        return self._plain(codes.PUT, root, path, uri_query=attributes)

    def execute(self, root: str, path: Path) -> Perform:
        """POST of a resource."""
        return self._plain(codes.POST, root, path)

    def observe(self, root: str, path: Path, observation: Observation, accept: int | None = None) -> Perform:
        """GET with Observe; its answers go to the observation, and the first one is given."""

        async def perform(remote: Any) -> Any:
            messages = self._port.messages
            if messages is None:
                raise LinkDown("the port is closed")
            message = self._message(codes.GET, root, path, observe=0, accept=accept)
            message.remote = remote
            if isinstance(remote, SecuredRemote):
                message, observation.open = remote.sealed(message)
            try:
                first = observation.asked(message.remote)
            except ProtocolError as full:
                raise LinkDown(str(full)) from None
            messages.ask(message, observation.token, observation)
            return await self._in_time(first)

        return perform

    def resume(self, observation: Observation, remote: Any, token: bytes) -> None:
        """Go on with an observation of an earlier run.

        :raises ProtocolError: there are too many.
        """
        observation.resumed(remote, token)
        if self._port.messages is not None:
            self._port.messages.token_manager.listeners[token] = observation

    def forget(self, observation: Observation) -> None:
        """End an observation: its next notification is answered with a reset."""
        observation.end()
        if self._port.messages is not None:
            self._port.messages.forget(observation.token)

    def _plain(self, code: Any, root: str, path: Path, **options: Any) -> Perform:
        async def perform(remote: Any) -> Any:
            if self._port.context is None:
                raise LinkDown("the port is closed")
            message = self._message(code, root, path, **options)
            message.remote = remote
            if isinstance(remote, SecuredRemote):
                return await self._secured(message, remote)
            try:
                return await self._in_time(self._port.context.request(message).response)
            except CoapError as error:
                raise LinkDown(f"no answer: {error}") from None

        return perform

    async def _secured(self, message: Any, remote: SecuredRemote) -> Any:
        """By OSCORE; a device that restarted wants to hear an Echo first (RFC 8613 appendix B.1.2)."""
        answer: Any = None
        for _ in range(2):
            sealed = remote.sealed(message)
            once = Once(sealed.message.remote)
            messages = self._port.messages
            if messages is None:
                raise LinkDown("the port is closed")
            messages.ask(sealed.message, once.token, once)
            try:
                answer = sealed.open(await self._in_time(once.answer))
            except CoapError as error:
                raise LinkDown(f"no answer that is authentic: {error}") from None
            finally:
                messages.forget(once.token)
            if answer.code is not codes.UNAUTHORIZED or answer.opt.echo is None:
                break
            message = message.copy(echo=answer.opt.echo)
        return answer

    def _message(self, code: Any, root: str, path: Path, **options: Any) -> Any:
        segments = [part for part in root.split("/") if part]
        payload = options.pop("payload", b"")
        given = {name: value for name, value in options.items() if value is not None}
        place = (*segments, *map(str, path.ids))
        return Message(code=code, payload=payload, uri_path=place, transport_tuning=self._tuning, **given)

    async def _in_time(self, answer: "asyncio.Future[Any]") -> Any:
        """What comes of it.

        :raises LinkDown: nothing within the time that CoAP gives an exchange.
        """
        try:
            async with asyncio.TaskGroup() as group:
                limit = group.create_task(self._clock.sleep(self._patience_s))
                await asyncio.wait((answer, limit), return_when=asyncio.FIRST_COMPLETED)
                limit.cancel()
            if answer.done():
                return answer.result()
            raise LinkDown(f"no answer within {self._patience_s:g} s")
        finally:
            answer.cancel()  # nothing when it is done


class Once:
    """Implements edge.coap.messages.Listener for one answer."""

    def __init__(self, remote: Any) -> None:
        self.remote = remote
        self.token = secrets.token_bytes(8)
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def heard(self, message: Any) -> None:
        if not self.answer.done():
            self.answer.set_result(message)

    def failed(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(LinkDown(f"no answer: {error}"))
