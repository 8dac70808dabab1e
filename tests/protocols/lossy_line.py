"""A line between two ends that loses frames, flips bits and adds noise; what comes through whole is right."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from protocols.conversation import Send
from protocols.vocabulary import ProtocolError

FAULTS = ("none", "none", "lose", "flip", "cut", "noise before", "noise behind", "twice", "late")
"""What happens to one frame; a single flipped bit never passes the checksum, so nothing wrong comes through."""


@dataclass
class Line:
    """Carries what one end says to the other through its decoder.

    :param encode: a frame to bytes.
    :param master: the end that asks: Enquirer.
    :param meter: the end that answers.
    """

    encode: Callable[[Any], bytes]
    decoder: Callable[[], Any]
    master: Any
    meter: Any
    data: st.DataObject
    now_s: float = 0.0
    outcomes: list[Any] = field(default_factory=list)
    late: list[bytes] = field(default_factory=list)

    def run(self, exchange, steps=200) -> Any:
        """Ask; the outcome."""
        ears = {"master": self.decoder(), "meter": self.decoder()}
        self._say("master", self.master.ask(exchange, self.now_s), ears)
        for _ in range(steps):
            if self.outcomes:
                return self.outcomes.pop()
            assert self.master.due_s is not None, "neither an outcome nor a time to be woken"
            self.now_s = self.master.due_s
            self._say("master", self.master.wake(self.now_s), ears)
        raise AssertionError("the conversation does not end")

    def _say(self, speaker, said, ears):
        listener = "meter" if speaker == "master" else "master"
        for each in said:
            if not isinstance(each, Send):
                self.outcomes.append(each)
                continue
            for heard in self._carried(self.encode(each.frame), ears[listener]):
                if isinstance(heard, ProtocolError):
                    continue
                end = self.meter if listener == "meter" else self.master
                self._say(listener, end.receive(heard, self.now_s), ears)

    def _carried(self, raw, ear):
        fault = self.data.draw(st.sampled_from(FAULTS))
        late, self.late = self.late, []
        match fault:
            case "lose":
                raw = b""
            case "flip":
                at = self.data.draw(st.integers(0, 8 * len(raw) - 1))
                raw = raw[: at // 8] + bytes([raw[at // 8] ^ 1 << at % 8]) + raw[at // 8 + 1 :]
            case "cut":
                raw = raw[: self.data.draw(st.integers(0, len(raw)))]
            case "noise before":
                raw = self.data.draw(st.binary(max_size=9)) + b"\xfe" + raw
            case "noise behind":
                raw += self.data.draw(st.binary(max_size=9))
            case "twice":
                raw += raw
            case "late":
                self.late, raw = [raw], b""
        return [*ear.feed(b"".join(late) + raw), *ear.silence()]
