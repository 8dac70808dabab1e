"""What one network, and all together, may cost: datagrams per second, remembered exchanges, registrations."""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from protocols.vocabulary import Clock

MAX_NETWORKS: Final = 4096
"""Networks whose rate is known; beyond it the one that was silent for longest is forgotten, and begins anew."""
EXCHANGE_LIFETIME_S: Final = 247.0
"""RFC 7252 §4.8.2: so long the server remembers a message number, to know the message when it comes again."""
KEPT_SHARE: Final = 4
"""One in so many remembered exchanges is for networks with a registered device: strangers cannot use them up."""

Bound = Literal["network", "all"]
"""Whose bound was reached: of one network (4.29), or of all together (5.03)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed to a network, an IPv4 address or a /64 of IPv6: behind a carrier's NAT it may be many devices."""

    datagrams_per_s: float = 100.0
    burst: int = 1000
    """Datagrams that a network may send at once after a silence."""
    exchanges_per_network: int = 5_000
    exchanges: int = 10_000
    """Requests that are remembered for 247 s so that a repeated one is known: they are what costs memory."""
    registrations_per_network: int = 5_000


class _Bucket(NamedTuple):
    level: float
    at_s: float


class Guard:
    """Says no before anything is remembered of a datagram; what it refused is counted."""

    def __init__(self, limits: Limits, clock: Clock, counters: Counter[str]) -> None:
        self.limits = limits
        self._clock = clock
        self._counters = counters
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._exchanges: deque[tuple[float, str]] = deque()
        self._per_network: Counter[str] = Counter()
        self._registered: Counter[str] = Counter()

    @property
    def exchanges(self) -> int:
        """Requests that are remembered now."""
        self._forget(self._clock.monotonic_s())
        return len(self._exchanges)

    @property
    def networks(self) -> int:
        """Networks whose rate is known."""
        return len(self._buckets)

    def lets_in(self, network: str) -> bool:
        """Whether this datagram may be looked at; who sends too fast gets no answer, which would cost as much."""
        now_s = self._clock.monotonic_s()
        level, at_s = self._buckets.pop(network, (float(self.limits.burst), now_s))
        level = min(float(self.limits.burst), level + (now_s - at_s) * self.limits.datagrams_per_s)
        allowed = level >= 1
        self._buckets[network] = _Bucket(level - 1 if allowed else level, now_s)
        if len(self._buckets) > MAX_NETWORKS:
            self._buckets.popitem(last=False)
            self._counters["network_forgotten"] += 1
        if not allowed:
            self._counters["too_fast"] += 1
        return allowed

    def refuses(self, network: str) -> Bound | None:
        """Which bound forbids to remember one more request of a network; None: it is counted as remembered."""
        now_s = self._clock.monotonic_s()
        self._forget(now_s)
        kept = self.limits.exchanges // KEPT_SHARE if self._registered and network not in self._registered else 0
        if len(self._exchanges) >= self.limits.exchanges - kept:
            self._counters["too_many_exchanges"] += 1
            return "all"
        if self._per_network[network] >= self.limits.exchanges_per_network:
            self._counters["too_many_of_network"] += 1
            return "network"
        self._exchanges.append((now_s + EXCHANGE_LIFETIME_S, network))
        self._per_network[network] += 1
        return None

    def _forget(self, now_s: float) -> None:
        while self._exchanges and self._exchanges[0][0] <= now_s:
            _less(self._per_network, self._exchanges.popleft()[1])

    def may_register(self, network: str) -> bool:
        """Whether a network may have one more registration."""
        if self._registered[network] < self.limits.registrations_per_network:
            return True
        self._counters["too_many_registrations"] += 1
        return False

    def registered(self, network: str) -> None:
        """There is one more registration of a network."""
        self._registered[network] += 1

    def gone(self, network: str) -> None:
        """There is one less."""
        _less(self._registered, network)


def _less(counts: Counter[str], key: str) -> None:
    """Without leaving a zero behind."""
    if counts[key] > 1:
        counts[key] -= 1
    else:
        del counts[key]
