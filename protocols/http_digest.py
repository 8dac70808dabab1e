"""HTTP Digest and Basic authentication, the client's side (RFC 7616, RFC 2617 §3.2, RFC 2069, RFC 7617)."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import Final

from protocols.vocabulary.errors import ProtocolError

MAX_CHALLENGE: Final = 4096
"""Characters of one WWW-Authenticate header."""
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110 §5.6.2
_SCHEME: Final = re.compile(rf"[\s,]*({_TOKEN})(?:(?=,)|\s+|$)")
_PARAMETER: Final = re.compile(rf'[\s,]*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))[\s,]*')
_QUOTED_PAIR: Final = re.compile(r"\\(.)")
_HASHES: Final[dict[str, Callable[[bytes], str]]] = {
    "SHA-256": lambda data: sha256(data).hexdigest(),
    "MD5": lambda data: md5(data, usedforsecurity=False).hexdigest(),
}
_STRENGTH: Final = ("SHA-256", "SHA-256-SESS", "MD5", "MD5-SESS")
"""Best first."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants of who asks."""

    scheme: str
    """Lower case."""
    parameters: Mapping[str, str]
    """Names in lower case."""

    @property
    def algorithm(self) -> str:
        """Upper case; MD5 when none is given (RFC 7616 §3.3)."""
        return self.parameters.get("algorithm", "MD5").upper()

    @property
    def stale(self) -> bool:
        """Only the nonce is too old: name and password may be right."""
        return self.parameters.get("stale", "").lower() == "true"


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """All challenges of the WWW-Authenticate headers, several of which may stand in one.

    :raises ProtocolError: a header is none, or too long.
    """
    found: list[Challenge] = []
    for header in headers:
        if len(header) > MAX_CHALLENGE:
            raise ProtocolError(f"WWW-Authenticate of {len(header)} characters, {MAX_CHALLENGE} are allowed")
        found += _challenges(header)
    return found


def _challenges(header: str) -> Iterable[Challenge]:
    scheme, parameters, at = "", dict[str, str](), 0
    while at < len(header):
        pair = _PARAMETER.match(header, at)
        if pair is not None and scheme:
            name, quoted, plain = pair.groups()
            parameters[name.lower()] = plain if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted)
            at = pair.end()
            continue
        begin = _SCHEME.match(header, at)
        if begin is None:
            raise ProtocolError(f"WWW-Authenticate: {header[at : at + 40]!r}: expected a scheme or a parameter")
        if scheme:
            yield Challenge(scheme, parameters)
        scheme, parameters, at = begin[1].lower(), {}, begin.end()
    if scheme:
        yield Challenge(scheme, parameters)


def best_digest(challenges: Iterable[Challenge]) -> Challenge | None:
    """The strongest Digest challenge that can be answered; None: there is none."""
    usable = [one for one in challenges if one.scheme == "digest" and _is_usable(one)]
    return min(usable, key=lambda one: _STRENGTH.index(one.algorithm), default=None)


def _is_usable(challenge: Challenge) -> bool:
    qop = challenge.parameters.get("qop")
    return (
        challenge.algorithm in _STRENGTH
        and "nonce" in challenge.parameters
        and "realm" in challenge.parameters
        and (qop is None or "auth" in _listed(qop))
    )


def _listed(text: str) -> list[str]:
    return [part.strip().lower() for part in text.split(",")]


def digest_authorization(
    challenge: Challenge, who: tuple[str, str], request: tuple[str, str], counter: int, cnonce: str
) -> str:
    """The Authorization header that answers a challenge out of :func:`best_digest`.

    :param who: name and password.
    :param request: method and target, as in the request line.
    :param counter: how often this nonce has been used, from 1.
    :param cnonce: fresh random digits.
    """
    (username, password), (method, target) = who, request
    given = challenge.parameters
    realm, nonce, qop = given["realm"], given["nonce"], "auth" if "qop" in given else None
    hashed = _HASHES[challenge.algorithm.removesuffix("-SESS")]
    secret = hashed(f"{username}:{realm}:{password}".encode())
    if challenge.algorithm.endswith("-SESS"):
        secret = hashed(f"{secret}:{nonce}:{cnonce}".encode())
    what = hashed(f"{method}:{target}".encode())
    count = f"{counter:08x}"
    between = f"{nonce}:{count}:{cnonce}:{qop}" if qop else nonce
    response = hashed(f"{secret}:{between}:{what}".encode())
    parts = [("username", username), ("realm", realm), ("nonce", nonce), ("uri", target), ("response", response)]
    if "opaque" in given:
        parts.append(("opaque", given["opaque"]))
    text = ", ".join(f'{name}="{_escaped(value)}"' for name, value in parts)
    if "algorithm" in given:
        text += f", algorithm={given['algorithm']}"
    if qop:
        text += f', qop={qop}, nc={count}, cnonce="{cnonce}"'
    elif challenge.algorithm.endswith("-SESS"):
        text += f', cnonce="{cnonce}"'
    return f"Digest {text}"


def basic_authorization(username: str, password: str) -> str:
    """The Authorization header of Basic: the password in clear for whoever listens (RFC 7617 §2)."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"")
