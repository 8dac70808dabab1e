"""Who signed a request: a gateway, by its HMAC key, within minutes, once (docs/edge/cameras.md, "The signature")."""

from collections import Counter, deque
from typing import Final

from cloud.registry.mac_keys import MacKeys
from protocols.uplink.signed_request import WINDOW_MS, Request, Signature
from protocols.vocabulary import Clock, ProtocolError

MAX_NONCES: Final = 200_000
"""Remembered for as long as they could be used again; when there are more, requests have to wait."""


class Untrusted(ProtocolError):
    """A signature that does not count."""


class Busy(Exception):
    """More requests than can be told apart."""


class Signatures:
    """Checks them; nonces are remembered in memory.

    A restart forgets them: what was sent within the last minutes could then be sent once more, and a piece of a picture
    that comes again changes nothing.
    """

    def __init__(self, keys: MacKeys, clock: Clock) -> None:
        self.counts: Counter[str] = Counter()
        """``wrong``, ``clock``, ``replayed``."""
        self._keys = keys
        self._clock = clock
        self._seen: set[tuple[str, str]] = set()
        self._order: deque[tuple[int, tuple[str, str]]] = deque()

    def check(self, parameters: str, request: Request) -> Signature:
        """What a right signature says.

        :param parameters: what stands behind the scheme.
        :raises Untrusted: it is none, or a wrong, an old or a used one.
        :raises Busy: too many requests at a time.
        """
        try:
            signature = Signature.parse(parameters)
        except ProtocolError as error:
            self.counts["wrong"] += 1
            raise Untrusted(str(error)) from None
        keys = self._keys.mac_keys(signature.gateway)
        mine = [key for number, key in keys.items() if number & 0xFF == signature.key_id]
        if not any(signature.fits(request, key) for key in mine):
            self.counts["wrong"] += 1
            raise Untrusted("the signature is wrong")
        now_ms = self._clock.now_ms()
        if abs(signature.time_ms - now_ms) > WINDOW_MS:
            self.counts["clock"] += 1
            raise Untrusted("the signature's time is too far from ours, which is in the header Date")
        self._use((signature.gateway, signature.nonce), now_ms)
        return signature

    def _use(self, nonce: tuple[str, str], now_ms: int) -> None:
        while self._order and self._order[0][0] < now_ms:
            self._seen.discard(self._order.popleft()[1])
        if nonce in self._seen:
            self.counts["replayed"] += 1
            raise Untrusted("this request was made before")
        if len(self._order) >= MAX_NONCES:
            raise Busy
        self._seen.add(nonce)
        self._order.append((now_ms + 2 * WINDOW_MS, nonce))
