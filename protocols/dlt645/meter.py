"""A meter that answers as the standard says, for simulators: a table of values, credentials, a relay."""

from dataclasses import dataclass, field
from typing import Final

from protocols.bcd import packed
from protocols.conversation import Send
from protocols.dlt645 import control
from protocols.dlt645.answer import NO_SUCH_DATA, NOT_AUTHORISED, OTHER, answer, refusal
from protocols.dlt645.frame import LAYOUT, Frame
from protocols.dlt645.payload import Payload, divide
from protocols.dlt645.requests import Credentials
from protocols.meter_line.address import address_wire, addresses, is_broadcast

MAX_PART: Final = 195
"""Bytes of data in one answer: with identifier and sequence number they are the standard's 200."""
_TRIP: Final = 0x1A
_UNLICENSED: Final = frozenset({control.FREEZE, control.BAUD_RATE, control.TERMINAL_OUTPUT})
_CLOSINGS: Final = frozenset({0x1B, 0x1C})


@dataclass
class Meter:
    """The meter's end of a line. Obeys protocols.conversation; it never wants to be woken.

    It answers to its address, to AA in place of any pair of it, and carries out what goes to 99...99 in silence.
    ``values`` are the data of each identifier as on the wire, low bytes first; whoever simulates changes them.
    """

    address: str
    values: dict[int, bytes]
    secrets: dict[int, str] = field(default_factory=dict)
    """The password of each level that may write and switch, 6 digits."""
    closed: bool = True
    """The relay."""
    clock: bytes = b""
    """The last broadcast time as it came: ss mm hh DD MM YY."""
    done: list[Frame] = field(default_factory=list)
    """Commands that were carried out, the last ones."""

    MAX_DONE = 100

    @property
    def due_s(self) -> float | None:
        """Never."""
        return None

    def wake(self, now_s: float) -> list[Send[Frame]]:  # noqa: ARG002  # protocols.conversation
        """Nothing."""
        return []

    def receive(self, frame: Frame, now_s: float) -> list[Send[Frame]]:  # noqa: ARG002  # protocols.conversation
        """A frame came; at most one goes back."""
        if frame.from_meter or not addresses(frame.address, self.address):
            return []
        said = self._carry_out(frame, divide(frame))
        return [] if said is None or is_broadcast(frame.address) else [Send(said)]

    def _carry_out(self, asked: Frame, parts: Payload) -> Frame | None:
        """The answer; None to what nobody answers."""
        function = asked.function
        if function == control.BROADCAST_TIME:
            self.clock = asked.data
            return None
        if function in control.READS:
            return self._read(asked, parts)
        if function == control.READ_ADDRESS:
            return answer(asked, self.address, address_wire(self.address, LAYOUT))
        if parts.password is not None:
            return self._licensed(asked, parts)
        return self._unlicensed(asked, parts)

    def _licensed(self, asked: Frame, parts: Payload) -> Frame:
        """What needs a password: write, switch, clear."""
        if not self._may(parts):
            return refusal(asked, self.address, NOT_AUTHORISED)
        if asked.function == control.WRITE:
            if parts.di is None or parts.di not in self.values:
                return refusal(asked, self.address, NO_SUCH_DATA)
            self.values[parts.di] = parts.data
        elif asked.function == control.REMOTE_SWITCH and parts.data:
            command = parts.data[0]
            self.closed = command in _CLOSINGS or (self.closed and command != _TRIP)
        return self._did(asked)

    def _unlicensed(self, asked: Frame, parts: Payload) -> Frame:
        if parts.address is not None:
            self.address = parts.address
            return self._did(asked)
        if asked.function in _UNLICENSED:
            return self._did(asked, b"" if asked.function == control.FREEZE else asked.data)
        return refusal(asked, self.address, OTHER)

    def _read(self, asked: Frame, parts: Payload) -> Frame:
        data = None if parts.di is None else self.values.get(parts.di)
        sequence = parts.sequence or 0
        at = sequence * MAX_PART
        if data is None or (at and at >= len(data)):
            return refusal(asked, self.address, NO_SUCH_DATA)
        return answer(asked, self.address, data[at : at + MAX_PART], more=at + MAX_PART < len(data))

    def _may(self, parts: Payload) -> bool:
        level = parts.password[0] if parts.password else None
        return any(
            parts.password == Credentials(own, secret, "0").secret() and packed(own, 1)[0] == level
            for own, secret in self.secrets.items()
        )

    def _did(self, asked: Frame, data: bytes = b"") -> Frame:
        self.done = [*self.done[1 - self.MAX_DONE :], asked]
        return answer(asked, self.address, data)
