"""SenML, RFC 8428: packs of sensor measurements as JSON and CBOR, resolved into records that stand alone."""

from protocols.senml.codec import decode_cbor, decode_json, encode_cbor, encode_json
from protocols.senml.pack import MAX_BYTES, MAX_RECORDS, Entry
from protocols.senml.record import Record, resolve
from protocols.senml.units import convert

__all__ = [
    "MAX_BYTES",
    "MAX_RECORDS",
    "Entry",
    "Record",
    "convert",
    "decode_cbor",
    "decode_json",
    "encode_cbor",
    "encode_json",
    "resolve",
]
