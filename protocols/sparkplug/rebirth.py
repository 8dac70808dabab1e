"""When a host asks an edge node for its births again: Sparkplug 3.0, Node Control/Rebirth; not too often."""

from protocols.sparkplug.datatypes import DataType
from protocols.sparkplug.outcomes import Limits, Published
from protocols.sparkplug.samples import REBIRTH
from protocols.sparkplug.topic import Descriptor, MessageType, Topic
from protocols.sparkplug.values import Metric, Payload, Value
from protocols.sparkplug.writer import encode


def rebirth_request(node: Descriptor, now_ms: int) -> Published:
    """The NCMD that asks for it."""
    metric = Metric(name=REBIRTH, timestamp=now_ms, datatype=DataType.Boolean, value=Value("boolean_value", True))
    return Published(
        str(Topic.of(MessageType.NCMD, node)), encode(Payload(timestamp=now_ms, metrics=(metric,))), time=now_ms
    )


class Requests:
    """The requests to one edge node: the first goes out at once, each later one waits twice as long as the one before.

    After a pause of four intervals without a request the first interval counts again.
    """

    __slots__ = ("_earliest_s", "_interval_s", "_last_s", "_limits", "_wanted")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._interval_s = limits.rebirth_s
        self._earliest_s: float | None = None
        self._last_s: float | None = None
        self._wanted = False

    def want(self) -> None:
        """There is a reason to ask."""
        self._wanted = True

    def satisfied(self) -> None:
        """A birth came, or a death, after which only a birth can come."""
        self._wanted = False

    @property
    def due_s(self) -> float | None:
        """When the request that is wanted may go out; None: none is wanted."""
        return (self._earliest_s or 0.0) if self._wanted else None

    def take(self, now_s: float) -> bool:
        """Whether to ask now; then it is noted as asked."""
        if not self._wanted or (self._earliest_s is not None and now_s < self._earliest_s):
            return False
        if self._last_s is not None and now_s - self._last_s > 4 * self._interval_s:
            self._interval_s = self._limits.rebirth_s
        self._wanted = False
        self._last_s = now_s
        self._earliest_s = now_s + self._interval_s
        self._interval_s = min(2 * self._interval_s, self._limits.rebirth_max_s)
        return True
