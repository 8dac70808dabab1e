"""A gateway's signature on an HTTP request: who puts a picture, when, once (docs/edge/cameras.md, "The signature")."""

import hmac
import re
from hashlib import sha256
from typing import Final, NamedTuple, Self

from protocols.vocabulary.errors import IdentityError, ProtocolError
from protocols.vocabulary.identity import parse_gateway_id

SCHEME: Final = "YZ-HMAC-SHA256"
WINDOW_MS: Final = 300_000
"""How far the signing clock may be from the checking one; a nonce counts once within it."""
_DOMAIN: Final = "yz-http-1"
_HEADER: Final = re.compile(
    r"gateway=([a-z0-9-]{4,32}), key=([0-9]{1,3}), time=([0-9]{1,15}), nonce=([0-9a-f]{32}), content=([0-9a-f]{64}), "
    r"signature=([0-9a-f]{64})",
    re.ASCII,
)


class Request(NamedTuple):
    """What of a request is signed."""

    method: str
    target: str
    """Path and query, as in the request line."""
    content_range: str
    """The header's value; empty when there is none."""


class Signature(NamedTuple):
    """Who says it, and when."""

    gateway: str
    key_id: int
    """Low byte of the key's number, as in envelopes."""
    time_ms: int
    """UTC, by the gateway's clock, when the request was made."""
    nonce: str
    """32 hexadecimal digits, never the same again."""
    content: str
    """SHA-256 of the body, hexadecimal."""
    mac: str = ""

    @classmethod
    def of(cls, body: bytes, gateway: str, key_id: int, time_ms: int, nonce: str) -> Self:
        """Everything but the MAC."""
        return cls(gateway, key_id & 0xFF, time_ms, nonce, sha256(body).hexdigest())

    @classmethod
    def parse(cls, parameters: str) -> Self:
        """What stands behind the scheme in ``Authorization``.

        :raises ProtocolError: it is no signature.
        """
        found = _HEADER.fullmatch(parameters)
        if found is None:
            raise ProtocolError("signature: expected gateway, key, time, nonce, content and signature")
        gateway, key_id, time_ms, nonce, content, mac = found.groups()
        try:
            return cls(parse_gateway_id(gateway), int(key_id), int(time_ms), nonce, content, mac)
        except IdentityError as error:
            raise ProtocolError(f"signature: {error}") from None

    def signed(self, request: Request, key: bytes) -> Self:
        """With the MAC."""
        return self._replace(mac=self._mac(request, key))

    def fits(self, request: Request, key: bytes) -> bool:
        """Whether the MAC is right, in constant time."""
        return hmac.compare_digest(self._mac(request, key), self.mac)

    def authorization(self) -> str:
        """The header's value."""
        return (
            f"{SCHEME} gateway={self.gateway}, key={self.key_id}, time={self.time_ms}, nonce={self.nonce}, "
            f"content={self.content}, signature={self.mac}"
        )

    def _mac(self, request: Request, key: bytes) -> str:
        lines = (_DOMAIN, *request, self.content, self.gateway, str(self.key_id), str(self.time_ms), self.nonce)
        return hmac.digest(key, "\n".join(lines).encode(), "sha256").hex()
