from contextlib import suppress

from protocols import lwm2m
from protocols.lwm2m import json_format
from protocols.lwm2m.content import FORMATS
from protocols.lwm2m.describe import describe
from protocols.lwm2m.explain import explain
from protocols.lwm2m.offer import offer_of
from protocols.vocabulary import ProtocolError
from tests.protocols.codec import Laws, Message
from tests.protocols.golden import frames
from tests.protocols.lwm2m.tlvs import entries

JSON = b'{"bn":"/3303/0/","bt":1498780000,"e":[{"n":"5700","v":23.5,"t":-5},{"n":"5701","sv":"Cel"}]}'
LINKS = b'</>;rt="oma.lwm2m";ct="60 110", </1/0>,</3>;ver=1.1,</3303/0>'
PATHS = [lwm2m.Path.parse(path) for path in ("/3", "/3/0", "/3303/0/5700", "/3/0/6", "/5/0/0")]


def all_formats(raw: bytes) -> None:
    """Each content format and path must be a result or a ProtocolError."""
    for content_format in FORMATS:
        for path in PATHS:
            with suppress(ProtocolError):
                for node in lwm2m.nodes(raw, content_format, path):
                    lwm2m.measurement(node.path, node.value)


LAWS = Laws(
    messages={"lwm2m-tlv": Message(lwm2m.encode, lwm2m.decode, entries)},
    readers={
        "describe lwm2m-tlv": describe,
        "describe lwm2m-tlv of a path": lambda raw: describe(raw, PATHS[0]),
        "lwm2m json": json_format.decode,
        "lwm2m links": lambda raw: offer_of(40, raw),
        "lwm2m payloads": all_formats,
    },
    explainers={
        "lwm2m-tlv": explain,
        "lwm2m-tlv of a path": lambda raw: explain(raw, PATHS[1]),
    },
    golden=[
        *(
            bytes.fromhex(row["frame"])
            for file in ("frames.json", "more.json")
            for row in frames("lwm2m", "LWM2M_TLV", file=file)
        ),
        JSON,
        LINKS,
    ],
    garbage=[b"\xc8\x00\xff", b"\x08\x00", b"\xff\xff\xff\xff"],
)
