"""One MQTT line as asyncio has it: packets in, packets out, nothing that outlives it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol, cast

from protocols.mqtt import (
    Connack,
    Connect,
    Disconnected,
    Message,
    PacketReader,
    Puback,
    Received,
    Suback,
    connect,
    disconnect,
    ping,
    puback,
    received,
)
from protocols.mqtt.fields import MOST
from protocols.vocabulary import LinkDown, ProtocolError

log = logging.getLogger(__name__)

_LINGER_S: Final = 2.0
"""For so long what was written last may take to go out once the line is closed."""


class Hearer(Protocol):
    """Who is told what comes; none of it is called after ``lost``."""

    def message(self, message: Message) -> None:
        """One that is to be acknowledged with :meth:`Connection.settle` (QoS 1)."""

    def answered(self, answer: Puback | Suback) -> None:
        """What was sent has been taken, or not."""


class Connection(asyncio.Protocol):
    """From CONNECT to the end of the line.

    Made by the loop's ``create_connection``; then :meth:`admitted` is awaited. Messages wait for ``hold(back=False)``.
    """

    def __init__(self, how: Connect, hearer: Hearer, now_s: Callable[[], float]) -> None:
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = loop.create_future()
        """Ends with LinkDown."""
        self._how = how
        self._hearer = hearer
        self._now_s = now_s
        self._loop = loop
        self._reader = PacketReader(MOST)  # who reads what is in it says what is too long, and keeps it
        self._transport: asyncio.Transport | None = None
        self._connack: asyncio.Future[Connack] = loop.create_future()
        self._held = False
        self._out: list[bytes] = []
        self.interval_s: float = how.keep_alive_s
        """The broker may want another (§3.2.2.3.14)."""
        self._said_s = self._heard_s = self._pinged_s = now_s()

    # -- what asyncio calls ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.write(connect(self._how))

    def data_received(self, data: bytes) -> None:
        if self.lost.done():
            return
        self._heard_s = self._now_s()
        self._reader.feed(data)
        self._go_on()

    def eof_received(self) -> None:
        self.fail("the broker closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(f"lost: {exc}" if exc else "the broker closed the connection")

    # -- what its owner calls --------------------------------------------------------------------------------------

    async def admitted(self) -> Connack:
        """The broker's answer.

        :raises LinkDown: it is no, or the line was lost before it came.
        """
        answer = await self._connack
        if answer.refused is not None:
            raise LinkDown(f"refused: {answer.refused}")
        return answer

    @property
    def unsent(self) -> int:
        """Bytes that wait for the network."""
        waiting = sum(map(len, self._out))
        return waiting if self._transport is None else waiting + self._transport.get_write_buffer_size()

    def write(self, packet: bytes) -> None:
        """Send, together with what else is written in this turn of the loop."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packet)

    def settle(self, packet_id: int) -> None:
        """A message needs not come again."""
        self.write(puback(packet_id))

    def hold(self, *, back: bool) -> None:
        """Hear no more, or go on; what has come already waits here."""
        self._held = back
        if self._transport is not None and not self._transport.is_closing():
            (self._transport.pause_reading if back else self._transport.resume_reading)()
        if not back:
            self._loop.call_soon(self._go_on)

    def keep_alive(self) -> None:
        """To be called every second or so: pings, and gives the broker up that does not answer (§3.1.2.10)."""
        now, interval = self._now_s(), self.interval_s
        if now - min(self._said_s, self._heard_s) >= interval / 2 and now - self._pinged_s >= interval / 2:
            self._pinged_s = now
            self.write(ping())
        if self._held:
            self._heard_s = now  # it may have answered
        elif now - self._heard_s >= 1.5 * interval:
            self.fail("the broker does not answer")

    def fail(self, why: str) -> None:
        """The line is lost."""
        if not self.lost.done():
            for told in (self.lost, self._connack):
                if not told.done():
                    told.set_exception(LinkDown(why))
                    told.exception()  # seen: its owner may have ended for another reason

    def close(self, *, farewell: bool = True) -> None:
        """End a line that is none any more at once; another one when what was written before has gone out.

        :param farewell: the broker forgets the will.
        """
        transport, lost = self._transport, self.lost.done()
        self.fail("closed")
        if transport is None:
            return
        if lost or not farewell:
            transport.abort()
            return
        self.write(disconnect())
        self._flush()
        transport.close()
        self._loop.call_later(_LINGER_S, transport.abort)

    # -- the rest --------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        out, self._out = self._out, []
        if out and self._transport is not None and not self._transport.is_closing():
            self._said_s = self._now_s()
            self._transport.write(b"".join(out))

    def _go_on(self) -> None:
        if self._deaf():
            return
        try:
            for first, body in self._reader.packets():
                self._take(received(self._how.version, first, body))
                if self._deaf():
                    return
        except ProtocolError as error:
            self.fail(f"not MQTT: {error}")
        except Exception as error:
            log.exception("what came on a line could not be taken")
            self.fail(f"{type(error).__name__}: {error}")

    def _deaf(self) -> bool:
        return self._held or self.lost.done()

    def _take(self, packet: Received) -> None:
        if not self._connack.done() and not isinstance(packet, (Connack, Disconnected)):
            raise ProtocolError(f"a {type(packet).__name__} from the broker before it admitted us", b"")
        if isinstance(packet, Message):
            self._hearer.message(packet)
        elif isinstance(packet, (Puback, Suback)):
            self._hearer.answered(packet)
        elif isinstance(packet, Connack):
            if self._connack.done():
                raise ProtocolError("a second CONNACK", b"")
            self._connack.set_result(packet)
            self._held = True  # whoever waits for it says when to go on
        elif isinstance(packet, Disconnected):
            self.fail(f"disconnected: {packet.reason}")
