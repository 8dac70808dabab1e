"""A stream of frames, HEX and ASCII mixed: finds heads, checks length and CRC, goes on after garbage."""

import heapq
import re
from collections import deque
from typing import Final

from protocols.checksums import RunningCrc16
from protocols.framing import Noise
from protocols.sl651.control import Mode
from protocols.sl651.frame import Frame, open_frame
from protocols.sl651.layout import LAYOUTS
from protocols.sl651.layout import MAX_FRAME as _MAX_FRAME
from protocols.vocabulary.errors import ProtocolError

_HEADS: Final = re.compile(
    rb"(?=(?P<HEX>\x7e\x7e[\x00-\xff]{11}[\x02\x16])|(?P<ASCII>\x01[0-9A-Fa-f]{22}[\x02\x16]))", re.DOTALL
)
_UNFINISHED: Final = re.compile(rb"(?:\x7e\x7e[\x00-\xff]{0,11}|\x7e|\x01[0-9A-Fa-f]{0,22})\Z", re.DOTALL)
_LONGEST_HEAD: Final = 24


class Decoder:
    """Feed bytes as they came, get frames and errors in wire order. Obeys protocols.framing.Decoder.

    A start mark may stand in a picture, and a frame may be cut by a lost connection, so every head is followed until
    its end comes, also inside of another one's body. Where a right frame ends first, the one around it was cut short:
    a good frame never waits for the rest of one that will not come.
    """

    MAX_FRAME = _MAX_FRAME

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._base = 0
        """The place in the stream of the first byte in the buffer; all places below are places in the stream."""
        self._scanned = 0
        """Where the search for heads goes on."""
        self._ends: list[tuple[int, int, Mode]] = []
        """A heap of (end, start, mode)."""
        self._starts: deque[int] = deque()
        """Those that are not settled yet, first to last; it may hold settled ones behind the first."""
        self._open: set[int] = set()
        self._reported = 0
        """The end of the last frame that was told to be wrong: what begins inside of it is not told again."""
        self._crc = RunningCrc16()
        self._noise = Noise(_MAX_FRAME, b"\r\n")

    def feed(self, data: bytes) -> list[Frame | ProtocolError]:
        """Take bytes; give the frames that are complete and the errors met."""
        self._buffer += data
        self._crc.add(data)
        found: list[Frame | ProtocolError] = []
        self._find_heads()
        end_of_buffer = self._base + len(self._buffer)
        while self._ends and self._ends[0][0] <= end_of_buffer:
            end, start, mode = heapq.heappop(self._ends)
            if start in self._open:
                found += self._close(start, end, mode)
        kept = self._starts[0] if self._starts else self._scanned
        found += self._pass(max(kept, self._base))
        return found

    def _find_heads(self) -> None:
        buffer = self._buffer
        for match in _HEADS.finditer(buffer, self._scanned - self._base):
            layout = LAYOUTS[Mode.HEX if match["HEX"] is not None else Mode.ASCII]
            at = match.start()
            try:
                head = layout.head(bytes(buffer[at : at + layout.head_size]))
            except ProtocolError:
                continue  # no head: its bytes are noise
            end = at + layout.head_size + head.length + 1 + layout.crc_size
            heapq.heappush(self._ends, (self._base + end, self._base + at, layout.mode))
            self._starts.append(self._base + at)
            self._open.add(self._base + at)
        tail = max(self._scanned - self._base, len(buffer) - _LONGEST_HEAD + 1)
        unfinished = _UNFINISHED.search(buffer, tail)
        self._scanned = self._base + (unfinished.start() if unfinished else len(buffer))

    def _close(self, start: int, end: int, mode: Mode) -> list[Frame | ProtocolError]:
        """The bytes of a head's frame are complete."""
        layout = LAYOUTS[mode]
        raw = bytes(self._buffer[start - self._base : end - self._base])
        try:
            frame = open_frame(raw, self._crc.part(start - self._base, end - self._base - layout.crc_size))
        except ProtocolError as error:
            return self._refuse(start, end, ProtocolError(str(error), raw))
        found = self._cut_short(start)
        while self._starts and self._starts[0] < end:
            self._open.discard(self._starts.popleft())
        self._scanned = max(self._scanned, end)
        self._drop(end)
        return [*found, frame]

    def _refuse(self, start: int, end: int, error: ProtocolError) -> list[Frame | ProtocolError]:
        """It is no right frame: told, unless it lies in one that is still open, or that was told already."""
        outermost = self._starts[0] == start
        self._open.remove(start)
        while self._starts and self._starts[0] not in self._open:
            self._starts.popleft()
        if not outermost or start < self._reported:
            return []
        found = [*self._pass(start), *self._noise.end(), error]
        self._noise.mute()
        self._reported = end
        return found

    def _cut_short(self, start: int) -> list[Frame | ProtocolError]:
        """What lies in front of a right frame: noise, and perhaps the beginning of one that never ended."""
        outer = self._starts[0]
        if outer == start or outer < self._reported:
            return [*self._pass(start), *self._noise.end()]
        found = [*self._pass(outer), *self._noise.end()]
        raw = bytes(self._buffer[outer - self._base : start - self._base])
        self._drop(start)
        return [*found, ProtocolError(f"frame cut short after {len(raw)} bytes: another one begins", raw)]

    def _pass(self, place: int) -> list[Frame | ProtocolError]:
        """What stands before a place belongs to no frame."""
        found: list[Frame | ProtocolError] = [*self._noise.add(bytes(self._buffer[: place - self._base]))]
        self._drop(place)
        return found

    def _drop(self, place: int) -> None:
        count = place - self._base
        del self._buffer[:count]
        self._crc.drop(count)
        self._base = place
