"""What one peer, and all peers together, may cost: datagrams per second, remembered exchanges, registrations."""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from edge.coap.peer import Peer
from protocols.vocabulary import Clock

MAX_PEERS: Final = 4096
"""Networks whose rate is known; beyond it the one that was silent for longest is forgotten, and begins anew."""
EXCHANGE_LIFETIME_S: Final = 247.0
"""RFC 7252 §4.8.2: so long the server remembers a message number, to know the message when it comes again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed; a peer is an IPv4 address, or a /64 of IPv6: behind a carrier's NAT it may be many devices."""

    datagrams_per_s: float = 100.0
    burst: int = 1000
    """Datagrams that a peer may send at once after a silence."""
    exchanges_per_peer: int = 5_000
    exchanges: int = 20_000
    """Requests that are remembered for 247 s so that a repeated one is known: they are what costs memory."""
    registrations_per_peer: int = 5_000
    transfers_per_peer: int = 16
    """Block-wise transfers on their way."""


class _Bucket(NamedTuple):
    level: float
    at_s: float


class Guard:
    """Says no before anything is remembered of a datagram; who is refused is counted, and not answered."""

    def __init__(self, limits: Limits, clock: Clock, counters: Counter[str]) -> None:
        self.limits = limits
        self._clock = clock
        self._counters = counters
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._exchanges: deque[tuple[float, str]] = deque()
        self._per_peer: Counter[str] = Counter()
        self._registered: Counter[str] = Counter()

    @property
    def exchanges(self) -> int:
        """Requests that are remembered now."""
        self._forget(self._clock.monotonic_s())
        return len(self._exchanges)

    @property
    def peers(self) -> int:
        """Networks whose rate is known."""
        return len(self._buckets)

    def lets_in(self, peer: Peer) -> bool:
        """Whether this datagram may be looked at."""
        now_s = self._clock.monotonic_s()
        network = peer.network
        level, at_s = self._buckets.pop(network, (float(self.limits.burst), now_s))
        level = min(float(self.limits.burst), level + (now_s - at_s) * self.limits.datagrams_per_s)
        allowed = level >= 1
        self._buckets[network] = _Bucket(level - 1 if allowed else level, now_s)
        if len(self._buckets) > MAX_PEERS:
            self._buckets.popitem(last=False)
            self._counters["peer_forgotten"] += 1
        if not allowed:
            self._counters["too_fast"] += 1
        return allowed

    def remembers(self, peer: Peer) -> bool:
        """Whether one more request of a peer may be remembered; if so, it is counted as remembered."""
        now_s = self._clock.monotonic_s()
        self._forget(now_s)
        network = peer.network
        if len(self._exchanges) >= self.limits.exchanges or self._per_peer[network] >= self.limits.exchanges_per_peer:
            self._counters["too_many_exchanges"] += 1
            return False
        self._exchanges.append((now_s + EXCHANGE_LIFETIME_S, network))
        self._per_peer[network] += 1
        return True

    def _forget(self, now_s: float) -> None:
        while self._exchanges and self._exchanges[0][0] <= now_s:
            _less(self._per_peer, self._exchanges.popleft()[1])

    def may_register(self, peer: Peer) -> bool:
        """Whether a peer may have one more registration."""
        if self._registered[peer.network] < self.limits.registrations_per_peer:
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
