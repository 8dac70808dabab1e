"""The registration interface as values: register, update, de-register (OMA LwM2M 1.0 and 1.1, client registration)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from protocols.lwm2m import endpoint
from protocols.lwm2m.offer import NOTHING, Offer, offer_of
from protocols.lwm2m.refusal import Refused

BASE: Final = "rd"
DEFAULT_LIFETIME_S: Final = 86_400
MAX_LIFETIME_S: Final = 0xFFFF_FFFF
VERSIONS: Final = ("1.0", "1.1", "1.2")

_DIGITS: Final = re.compile(r"[0-9]{1,10}", re.ASCII)
_VERSION: Final = re.compile(r"([0-9]\.[0-9])(?:\.0)?", re.ASCII)
"""npm's coap-node says 1.0.0."""
_BINDING: Final = re.compile(r"[UTSNQ]{1,5}", re.ASCII)
_SMS: Final = re.compile(r"\+?[0-9]{3,20}", re.ASCII)
_KNOWN: Final = frozenset({"ep", "lt", "lwm2m", "b", "Q", "sms"})


@dataclass(frozen=True, slots=True)
class Registration:
    """What a client said about itself, updates worked in."""

    endpoint: str
    lifetime_s: int = DEFAULT_LIFETIME_S
    """Seconds until it must have been heard of again; 0: never (from version 1.1 on)."""
    version: str = "1.0"
    binding: str = "U"
    """U(DP), S(MS), T(CP), N(on-IP), without the Q of version 1.0."""
    queue_mode: bool = False
    """Whether it sleeps, so that requests wait until it was heard."""
    sms: str | None = None
    offer: Offer = NOTHING
    """Objects, instances, root path and content formats."""
    extra: tuple[tuple[str, str | None], ...] = ()
    """Parameters that the standard does not know, as they came."""


@dataclass(frozen=True, slots=True)
class Update:
    """What has changed; None where nothing was said."""

    lifetime_s: int | None = None
    binding: str | None = None
    queue_mode: bool | None = None
    sms: str | None = None
    offer: Offer | None = None
    extra: tuple[tuple[str, str | None], ...] = ()

    def applied_to(self, registration: Registration) -> Registration:
        """The registration after the update."""
        changed = {
            name: value
            for name in ("lifetime_s", "binding", "queue_mode", "sms", "offer")
            if (value := getattr(self, name)) is not None
        }
        return replace(registration, **changed)


class Registering(NamedTuple):
    """POST /rd."""

    registration: Registration


class Updating(NamedTuple):
    """POST or PUT /rd/<location>."""

    location: str
    update: Update


class Deregistering(NamedTuple):
    """DELETE /rd/<location>."""

    location: str


Request = Registering | Updating | Deregistering


class Call(NamedTuple):
    """A request as the transport has it."""

    method: str
    """GET, POST, PUT or DELETE."""
    path: Sequence[str]
    """Segments of the Uri-Path."""
    query: Sequence[str] = ()
    """The Uri-Query options, one parameter each, in any order."""
    content_format: int | None = None
    payload: bytes = b""


def read_request(call: Call, known_endpoint: str | None = None) -> Request:
    """Read a request of the registration interface.

    :param known_endpoint: the name that the security layer vouches for; stands in for a missing ``ep``.
    :raises Refused: with the code of the answer: 4.00, 4.03, 4.04, 4.05, 4.12 or 4.15.
    """
    method, path, query, content_format, payload = call
    if not path or path[0] != BASE:
        raise Refused("4.04", f"path /{'/'.join(path):.80}: expected /{BASE}")
    location = "/".join(path[1:])
    if method == "DELETE" and location:
        return Deregistering(location)
    if method == "POST" and not location:
        return Registering(register(query, content_format, payload, known_endpoint))
    if method in ("POST", "PUT") and location:  # PUT is what drafts of version 1.0 had, and some clients still do
        return Updating(location, update(query, content_format, payload))
    raise Refused("4.05", f"{method:.10} /{'/'.join(path):.80}: expected POST /{BASE}, or POST or DELETE of a location")


def register(
    query: Sequence[str], content_format: int | None, payload: bytes, known_endpoint: str | None = None
) -> Registration:
    """Read a registration's parameters and links.

    :raises Refused: 4.00 with what is wrong, 4.03 when the name is not the one that is vouched for, 4.12 for a version
        that is not one of 1.0, 1.1 and 1.2, 4.15 for a payload of another form than links.
    """
    given = _parameters(query)
    said = given.get("lwm2m") or "1.0"
    match = _VERSION.fullmatch(said)
    if match is None:
        raise Refused("4.00", f"lwm2m={said!r:.20}: expected a version such as 1.1")
    version = match[1]
    if version not in VERSIONS:
        raise Refused("4.12", f"lwm2m={version}: expected {', '.join(VERSIONS)}")
    offer = offer_of(content_format, payload)
    if offer is None:
        raise Refused("4.00", "a registration lists its objects, found no payload")
    binding, queue_mode = _binding(given)
    return Registration(
        _endpoint(given.get("ep"), known_endpoint),
        _lifetime(given.get("lt"), version) if "lt" in given else DEFAULT_LIFETIME_S,
        version,
        binding or "U",
        bool(queue_mode),
        _sms(given),
        offer,
        _extra(given),
    )


def update(query: Sequence[str], content_format: int | None, payload: bytes) -> Update:
    """Read an update: whatever it names has changed, whatever it does not name has not.

    :raises Refused: as :func:`register`.
    """
    given = _parameters(query)
    binding, queue_mode = _binding(given)
    lifetime_s = _lifetime(given.get("lt"), VERSIONS[-1]) if "lt" in given else None
    extra = tuple([(name, value) for name, value in _extra(given) if name != "ep"])
    return Update(lifetime_s, binding, queue_mode, _sms(given), offer_of(content_format, payload), extra)


def _parameters(query: Sequence[str]) -> dict[str, str | None]:
    given: dict[str, str | None] = {}
    for part in query:
        name, equals, value = part.partition("=")
        if name in given:
            raise Refused("4.00", f"parameter {name!r:.40} comes twice")
        given[name] = value if equals else None
    return given


def _extra(given: dict[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    return tuple([(name, value) for name, value in given.items() if name not in _KNOWN])


def _endpoint(name: str | None, known: str | None) -> str:
    if known is not None and name not in (None, known):
        raise Refused("4.03", f"endpoint name {name!r:.80} is not the one of these credentials")
    if name is None and known is None:
        raise Refused("4.00", "parameter ep is missing")
    return endpoint.checked(name if name is not None else known or "")


def _lifetime(text: str | None, version: str) -> int:
    lifetime_s = int(text) if text is not None and _DIGITS.fullmatch(text) else -1
    lowest = 1 if version == "1.0" else 0
    if not lowest <= lifetime_s <= MAX_LIFETIME_S:
        raise Refused("4.00", f"lt={text!r:.20}: expected {lowest} to {MAX_LIFETIME_S} seconds")
    return lifetime_s


def _binding(given: dict[str, str | None]) -> tuple[str | None, bool | None]:
    """Binding and queue mode: ``b=UQ`` in version 1.0, ``b=U`` and ``Q`` from 1.1 on. None: nothing was said.

    Either way of asking for queue mode is understood in each version: clients mix them.
    """
    if given.get("Q"):
        raise Refused("4.00", f"parameter Q has no value, found {given['Q']!r:.20}")
    if "b" not in given:
        return None, True if "Q" in given else None
    text = given["b"] or ""
    binding = text.replace("Q", "")
    if _BINDING.fullmatch(text) is None or not binding or len(set(text)) < len(text):
        raise Refused("4.00", f"b={text!r:.20}: expected some of U, S, T and N, in version 1.0 with a Q")
    return binding, "Q" in given or "Q" in text


def _sms(given: dict[str, str | None]) -> str | None:
    if "sms" not in given:
        return None
    number = given["sms"] or ""
    if _SMS.fullmatch(number) is None:
        raise Refused("4.00", f"sms={number!r:.30}: expected a telephone number")
    return number
