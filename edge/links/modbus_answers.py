"""What comes on a Modbus TCP connection, cut into frames and told apart (Messaging on TCP/IP V1.0b §3.1.3, §4.2.2)."""

from collections.abc import Callable
from struct import unpack_from
from typing import Final

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU

HEADER: Final = 7
MAX_LENGTH: Final = 254
"""Of unit and PDU, as the header's length field says it."""


class RawAnswer(ModbusPDU):
    """An answer's function code and data, untouched: what they must be is checked against the question."""

    def __init__(self, frame: bytes) -> None:
        super().__init__()
        self.frame = frame
        self.trailing = b""
        """What came right behind it and is no frame: the stream is out of step."""


class AnswerFramer(FramerSocket):
    """Finds the answer to the question that is open, and nothing else; takes the place of pymodbus's own framer.

    That one passes frames with transaction 0, waits for more behind a header that no frame can have, and its decoder
    passes too few, too many and odd numbers of bytes, and tears the connection down over an unknown function code.

    :param is_asking: whether a question is open.
    :param strayed: told of each frame that answers nothing: ``late_answer`` (of another transaction, or nothing is
        asked), ``wrong_unit``, ``malformed_header``.
    """

    def __init__(self, is_asking: Callable[[], bool], strayed: Callable[[str], None]) -> None:
        super().__init__(DecodePDU(is_server=False))
        self._is_asking = is_asking
        self._strayed = strayed

    def handleFrame(self, data: bytes, exp_devid: int, exp_tid: int) -> tuple[int, ModbusPDU | None]:  # noqa: N802 - pymodbus calls it so
        """How many bytes are done with, and the answer; what is not done with comes again, with more behind it."""
        at, answer = 0, None
        while (end := self._end(data, at)) > 0:
            transaction, unit = unpack_from(">H4xB", data, at)
            if answer is not None or transaction != exp_tid or not self._is_asking():
                self._strayed("late_answer")
            elif unit != exp_devid:
                self._strayed("wrong_unit")
            else:
                answer = RawAnswer(data[at + HEADER : end])
                answer.dev_id, answer.transaction_id = unit, transaction
            at = end
        if answer is not None:
            answer.trailing = data[at:]
            return len(data), answer
        if end < 0:
            self._strayed("malformed_header")
            return len(data), None
        return at, None

    def _end(self, data: bytes, at: int) -> int:
        """Where the frame ends that begins at ``at``; 0: it is not whole; -1: it is none."""
        if len(data) - at < HEADER:
            return 0
        protocol, length = unpack_from(">2xHH", data, at)
        if protocol or not 2 <= length <= MAX_LENGTH:
            return -1
        end = at + HEADER - 1 + int(length)
        return end if end <= len(data) else 0
