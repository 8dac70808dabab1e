"""A meter that answers as the standard says, for simulators: a table of values, a valve, an address."""

from dataclasses import dataclass, field
from typing import Final

from protocols.cjt188 import control
from protocols.cjt188.answer import answer, refusal
from protocols.cjt188.frame import ANY_TYPE, Frame
from protocols.cjt188.payload import Payload, divide
from protocols.conversation import Send
from protocols.meter_line.address import addresses, is_broadcast

_OPEN: Final = 0x55
_CLOSE: Final = 0x99
_CLOSED_BIT: Final = 0x01
_COMMANDS: Final = frozenset({control.WRITE, control.WRITE_ADDRESS, control.SYNC_MOTOR})


@dataclass
class Meter:
    """The meter's end of a line. Obeys protocols.conversation; it never wants to be woken.

    It answers to its type and address, to AA in place of either or of any pair, and carries out what goes to 99...99
    in silence. ``values`` are the data of each identifier as on the wire, without identifier and SER.
    """

    meter_type: int
    address: str
    values: dict[int, bytes]
    status: bytes = b"\x00\x00"
    """ST: D0 of the first byte is set while the valve is closed."""
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
        if frame.from_meter or frame.meter_type not in (ANY_TYPE, self.meter_type):
            return []
        if not addresses(frame.address, self.address):
            return []
        said = self._carry_out(frame, divide(frame))
        return [] if is_broadcast(frame.address) else [Send(said)]

    @property
    def valve_closed(self) -> bool:
        """As the status says it."""
        return bool(self.status[0] & _CLOSED_BIT)

    def _carry_out(self, asked: Frame, parts: Payload) -> Frame:
        if asked.function == control.READ_ADDRESS and parts.di == control.ADDRESS:
            return self._answer(asked)
        if asked.function in (control.READ, control.READ_KEY_VERSION) and parts.di in self.values:
            return self._answer(asked, self.values[parts.di])
        if asked.function not in _COMMANDS or parts.di is None:
            return refusal(asked, self.meter_type, self.address, self.status)
        self.done = [*self.done[1 - self.MAX_DONE :], asked]
        if asked.function == control.WRITE_ADDRESS and len(parts.data) == 7:
            self.address = parts.data[::-1].hex().upper()
        if parts.di != control.VALVE:
            return self._answer(asked)
        self._turn(parts.data[:1])
        return self._answer(asked, self.status)

    def _turn(self, command: bytes) -> None:
        if command == bytes([_OPEN]):
            self.status = bytes([self.status[0] & ~_CLOSED_BIT, self.status[1]])
        elif command == bytes([_CLOSE]):
            self.status = bytes([self.status[0] | _CLOSED_BIT, self.status[1]])

    def _answer(self, asked: Frame, data: bytes = b"") -> Frame:
        return answer(asked, self.meter_type, self.address, data)
