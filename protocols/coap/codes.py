"""Codes and content formats by name: RFC 7252 §12.1 and §12.3 and later registrations; OMA's content formats."""

from typing import Final

EMPTY: Final = 0

_NAMES: Final[dict[str, str]] = {
    "0.00": "empty",
    "0.01": "GET",
    "0.02": "POST",
    "0.03": "PUT",
    "0.04": "DELETE",
    "0.05": "FETCH",
    "0.06": "PATCH",
    "0.07": "iPATCH",
    "2.01": "Created",
    "2.02": "Deleted",
    "2.03": "Valid",
    "2.04": "Changed",
    "2.05": "Content",
    "2.31": "Continue",
    "4.00": "Bad Request",
    "4.01": "Unauthorized",
    "4.02": "Bad Option",
    "4.03": "Forbidden",
    "4.04": "Not Found",
    "4.05": "Method Not Allowed",
    "4.06": "Not Acceptable",
    "4.08": "Request Entity Incomplete",
    "4.09": "Conflict",
    "4.12": "Precondition Failed",
    "4.13": "Request Entity Too Large",
    "4.15": "Unsupported Content-Format",
    "4.22": "Unprocessable Entity",
    "4.29": "Too Many Requests",
    "5.00": "Internal Server Error",
    "5.01": "Not Implemented",
    "5.02": "Bad Gateway",
    "5.03": "Service Unavailable",
    "5.04": "Gateway Timeout",
    "5.05": "Proxying Not Supported",
    "5.08": "Hop Limit Reached",
}

CONTENT_FORMATS: Final[dict[int, str]] = {
    0: "text/plain",
    40: "application/link-format",
    41: "application/xml",
    42: "application/octet-stream",
    47: "application/exi",
    50: "application/json",
    60: "application/cbor",
    110: "application/senml+json",
    111: "application/sensml+json",
    112: "application/senml+cbor",
    113: "application/sensml+cbor",
    310: "application/senml-etch+json",
    320: "application/senml-etch+cbor",
    1541: "application/vnd.oma.lwm2m+text, before registration",
    1542: "application/vnd.oma.lwm2m+tlv, before registration",
    1543: "application/vnd.oma.lwm2m+json, before registration",
    11542: "application/vnd.oma.lwm2m+tlv",
    11543: "application/vnd.oma.lwm2m+json",
    11544: "application/vnd.oma.lwm2m+cbor",
}
TEXTUAL: Final = frozenset({0, 40, 41, 50, 110, 111, 310, 1541, 1543, 11543})


def dotted(code: int) -> str:
    """``c.dd`` as the documents write it: three bits, a point, five bits as two digits."""
    return f"{code >> 5}.{code & 31:02d}"


def name_of(code: int) -> str:
    """The registered name; empty when there is none here."""
    return _NAMES.get(dotted(code), "")


def is_request(code: int) -> bool:
    """Class 0, but not the empty message."""
    return 0 < code < 32


def is_response(code: int) -> bool:
    """Classes 2 to 5, whether listed or not."""
    return 2 <= code >> 5 <= 5
