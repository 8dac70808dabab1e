"""How a SenML name (RFC 8428 §4.5.1) says which device and which observed property it means.

================================================  ==========================================================
name (base name and name put together)            point
================================================  ==========================================================
``nrn-0123abcd5/water_temperature``               the neuron's datastream
``nrn-0123abcd5/voltage/b``                       with a channel
``imei:867997030000000/ph``                       hardware identity ``scheme:value``
``urn:dev:mac:0024befffe804ff1:ph``               RFC 9039 device URN, here ``mac:0024befffe804ff1``; the name
                                                  follows after ``:`` (as RFC 8428 writes it), ``_`` (RFC 9039) or ``/``
``urn:imei:86799703-000000-0:ph``                 RFC 7254, ``imei:`` and the digits without hyphens
================================================  ==========================================================
"""

import re
from typing import Final

from protocols.vocabulary import HardwareId, IdentityError, NeuronId, Point

_DEVICE: Final = re.compile(
    r"urn:dev:(?P<scheme>[a-z][a-z0-9]*):(?P<value>[A-Za-z0-9.-]+)[:_/](?P<series>.+)", re.ASCII
)
_IMEI: Final = re.compile(r"urn:imei:(?P<value>[0-9-]+)[:_/](?P<series>.+)", re.ASCII)


def source_and_series(name: str) -> tuple[str, str]:
    """The device that a resolved SenML name means, checked, and what follows, which need not be a series of ours.

    :raises IdentityError: it follows none of the forms above; the message says what is wrong.
    """
    if match := _DEVICE.fullmatch(name):
        source, series = f"{match['scheme']}:{match['value']}", match["series"]
    elif match := _IMEI.fullmatch(name):
        source, series = f"imei:{match['value'].replace('-', '')}", match["series"]
    else:
        source, slash, series = name.partition("/")
        if not slash:
            raise IdentityError(f"name {name!r:.80}: expected <neuron or scheme:value>/<observed property>[/<channel>]")
    if source.startswith("nrn-"):
        NeuronId.parse(source)
    else:
        HardwareId.parse(source)
    return source, series


def point_of(name: str) -> Point:
    """The point that a resolved SenML name means.

    :raises IdentityError: it follows none of the forms above; the message says what is wrong.
    """
    return Point.parse("/".join(source_and_series(name)))
