"""What an endpoint client name says about the device: OMA LwM2M's URN forms, and what Chinese modems send instead."""

import re
from typing import Final

from protocols.lwm2m.refusal import Refused
from protocols.vocabulary.identity import HardwareId

MAX_NAME: Final = 252
"""Bytes: what a Uri-Query option of 255 leaves behind ``ep=``."""

_IMEI: Final = re.compile(r"[0-9]{15}", re.ASCII)
_IMSI: Final = re.compile(r"[0-9]{14,15}", re.ASCII)
_FORMS: Final = (
    (re.compile(r"urn:imei:([0-9]{15})", re.ASCII), ("imei",)),
    (re.compile(r"urn:imei:([0-9]{8})-([0-9]{6})-([0-9])", re.ASCII), ("imei",)),
    (re.compile(r"urn:imei-imsi:([0-9]{15})-([0-9]{14,15})", re.ASCII), ("imei", "imsi")),
    (re.compile(r"urn:imei-msisdn:([0-9]{15})-([0-9]{5,15})", re.ASCII), ("imei", "msisdn")),
    (re.compile(r"urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})", re.ASCII), ("uuid",)),
    (re.compile(r"urn:dev:ops:([0-9A-Fa-f]{6}-[A-Za-z0-9._~-]{1,57})", re.ASCII), ("ops",)),
    (re.compile(r"urn:dev:os:([A-Za-z0-9._~-]{1,64})", re.ASCII), ("os",)),
    (re.compile(r"urn:esn:([0-9A-Fa-f]{8})", re.ASCII), ("esn",)),
    (re.compile(r"urn:meid:([0-9A-Fa-f]{14})", re.ASCII), ("meid",)),
)


def checked(name: str) -> str:
    """The name, if it can be one.

    :raises Refused: 4.00: empty, longer than 252 bytes, or with characters that cannot be printed.
    """
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME or not name.isprintable():
        raise Refused("4.00", f"endpoint name {name!r:.80}: expected 1 to {MAX_NAME} bytes of printable text")
    return name


def identities(name: str) -> tuple[HardwareId, ...]:
    """The hardware identities that a name carries, none for a name of the vendor's own.

    Besides OMA's URN forms: a bare IMEI (Quectel modems at CTWing) and ``IMEI;IMSI`` (OneNET).
    """
    for form, schemes in _FORMS:
        if match := form.fullmatch(name):
            values = match.groups() if len(schemes) > 1 else ("".join(match.groups()),)
            return tuple(map(HardwareId, schemes, values))
    imei, semicolon, imsi = name.partition(";")
    if _IMEI.fullmatch(imei) is None or (semicolon and _IMSI.fullmatch(imsi) is None):
        return ()
    return (HardwareId("imei", imei), HardwareId("imsi", imsi)) if semicolon else (HardwareId("imei", imei),)
