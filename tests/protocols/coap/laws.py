from protocols import coap, link_format
from protocols.coap.describe import describe
from protocols.coap.explain import explain
from tests.protocols.coap.messages import messages
from tests.protocols.codec import Laws, Message
from tests.protocols.golden import frames
from tests.protocols.links import links

LAWS = Laws(
    messages={
        "coap": Message(coap.encode, coap.decode, messages),
        "link format": Message(link_format.encode, link_format.decode, links),
    },
    readers={"describe coap": describe},
    explainers={"coap": explain},
    golden=[
        bytes.fromhex(row["frame"])
        for file in ("frames.json", "more.json")
        for row in frames("coap", "COAP_LWM2M", file=file)
    ],
    garbage=[b"\x40\x01\x00\x00", b"\xff", b"\xdd\xff\xff", b"\xee\xff\xff\xff\xff"],
)
