"""CoAP messages, RFC 7252 with Observe (RFC 7641) and block-wise transfer (RFC 7959): the bytes of a datagram."""

from protocols.coap.message import MAX_FRAME, Message, Type, decode, encode
from protocols.coap.observe import Notified, Observations, is_newer
from protocols.coap.options import Block, Option, Unrecognised, block_bytes, block_of, uint_bytes, unrecognised

__all__ = [
    "MAX_FRAME",
    "Block",
    "Message",
    "Notified",
    "Observations",
    "Option",
    "Type",
    "Unrecognised",
    "block_bytes",
    "block_of",
    "decode",
    "encode",
    "is_newer",
    "uint_bytes",
    "unrecognised",
]
