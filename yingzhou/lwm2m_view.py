"""What a CoAP message says as LwM2M: ``yingzhou decode coap`` shows both, since both lie in the same datagram."""

from typing import Any, Final

from protocols import coap, lwm2m
from protocols.coap import codes, options
from protocols.lwm2m.describe import describe
from protocols.lwm2m.registration import BASE, Request
from protocols.vocabulary import ProtocolError

_TLV: Final = frozenset({11_542, 1_542})
_SOME_LINK: Final = b"</>"
"""Stands for links that are not all here: a registration without any is refused."""


def lwm2m_view(raw: bytes) -> dict[str, Any]:
    """``{"lwm2m": ...}`` for a request of the registration interface and for a TLV payload; nothing for others.

    :raises ProtocolError: it is no CoAP message.
    """
    message = coap.decode(raw)
    try:
        path = message.texts(options.URI_PATH)
        if codes.is_request(message.code) and path[:1] == (BASE,):
            return {"lwm2m": _registration(message, path)}
        if message.payload and message.uint(options.CONTENT_FORMAT) in _TLV and not _is_part(message):
            asked = lwm2m.Path.parse("/".join(path)) if path else None
            return {"lwm2m": describe(message.payload, asked)}
    except lwm2m.Refused as refused:
        return {"lwm2m": {"answer": refused.code, "why": str(refused)}}
    except ProtocolError as error:
        return {"lwm2m": {"error": str(error)}}
    return {}


def _is_part(message: coap.Message) -> bool:
    return bool(message.values(options.BLOCK1) or message.values(options.BLOCK2))


def _registration(message: coap.Message, path: tuple[str, ...]) -> dict[str, Any]:
    query = message.texts(options.URI_QUERY)
    method = codes.name_of(message.code)
    part = bool(message.payload and message.values(options.BLOCK1))
    payload = _SOME_LINK if part else message.payload
    call = lwm2m.Call(method, path, query, message.uint(options.CONTENT_FORMAT), payload)
    told = _told(lwm2m.read_request(call))
    if part:  # the links go on in the next block, or began in one before
        told.pop("root", None)
        told.pop("instances", None)
        told["links"] = "in blocks: this message has a part of them"
    return told


def _told(request: Request) -> dict[str, Any]:
    match request:
        case lwm2m.Registering(registration):
            identities = [str(identity) for identity in lwm2m.identities(registration.endpoint)]
            named = {"identities": identities} if identities else {}
            return {"operation": "register", "endpoint": registration.endpoint} | named | _changed(registration)
        case lwm2m.Updating(location, update):
            return {"operation": "update", "location": location} | _changed(update)
        case lwm2m.Deregistering(location):
            return {"operation": "deregister", "location": location}


def _changed(said: lwm2m.Registration | lwm2m.Update) -> dict[str, Any]:
    names = ("version", "lifetime_s", "binding", "queue_mode", "sms")
    told = {name: value for name in names if (value := getattr(said, name, None)) is not None}
    if said.offer is not None:
        offer = said.offer
        told |= {"root": offer.root, "instances": [str(path) for path in offer.instances]}
        if offer.versions:
            told["object_versions"] = {str(number): version for number, version in offer.versions}
        if offer.content_formats:
            told["content_formats"] = list(offer.content_formats)
    return told | ({"extra": dict(said.extra)} if said.extra else {})
