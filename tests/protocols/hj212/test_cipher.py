"""HJ 212-2025 Appendix A.2: the two encrypted examples of the standard, with its key of sixteen 0x30."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from protocols.hj212 import Decoder, Packet, decode, encode, measurements
from protocols.hj212.cipher import cipher_text, turned
from protocols.hj212.describe import describe
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import GOLDEN

ROWS = [row for row in json.loads((GOLDEN / "hj212" / "found.json").read_text("utf-8")) if "key" in row]
rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])


def blocks(row, direction):
    context = getattr(Cipher(SM4(bytes.fromhex(row["key"])), modes.ECB()), direction)()
    return context.update


@rows
def test_the_examples_of_the_standard(row):
    raw = bytes.fromhex(row["frame"])
    packet = decode(raw, decipher=blocks(row, "decryptor"))
    assert packet.segment().decode() == row["plain"]
    assert packet.encrypted
    assert encode(packet, blocks(row, "encryptor")) == raw
    assert [m.value for m in measurements(packet)][:3] == [1.35, 1.35, 1.35]
    told = describe(raw, decipher=blocks(row, "decryptor"))
    assert (told["encrypted"], told["length_field"], told["crc_given"]) == (
        True,
        len(row["plain"]),
        told["crc_computed"],
    )


@rows
def test_without_the_key_it_is_told_and_not_read(row):
    raw = bytes.fromhex(row["frame"])
    for read in (decode, describe):
        with pytest.raises(ProtocolError, match=r"encrypted \(HJ 212-2025, SM4\) or damaged.*needs the key"):
            read(raw)
    with pytest.raises(ProtocolError, match="this key is not the one"):
        decode(raw, decipher=lambda data: data[::-1])


@rows
def test_a_stream_of_them(row):
    raw = bytes.fromhex(row["frame"])
    plain = encode(decode(raw, decipher=blocks(row, "decryptor")))
    found = Decoder(decipher=blocks(row, "decryptor")).feed(raw + plain + raw)
    assert [packet.encrypted for packet in found] == [True, False, True]
    assert len({packet.segment() for packet in found}) == 1
    error, packet, again = Decoder().feed(raw + plain + raw)
    assert isinstance(error, ProtocolError)
    assert isinstance(packet, Packet)
    assert isinstance(again, ProtocolError)


@rows
def test_a_flipped_bit_is_found(row):
    raw = bytearray(bytes.fromhex(row["frame"]))
    for at in range(6, len(raw) - 6, 7):
        raw[at] ^= 1
        with pytest.raises(ProtocolError):
            decode(bytes(raw), decipher=blocks(row, "decryptor"))
        raw[at] ^= 1


def test_only_where_the_edition_wants_it_is_a_cipher_suspected():
    segment = b"QN=1;ST=31;CN=2051;PW=1;MN=A;Flag=9;CP=&&\xe4\x3e\x15&&"
    assert cipher_text(segment) == 3
    for old, new in ((b"Flag=9", b"Flag=5"), (b"CN=2051", b"CN=1062"), (b"Flag=9;", b""), (b"Flag=9", b"Flag=9999"),
                     (b"\xe4\x3e\x15", b"DataTime=1"), (b"CP=&&", b"CP=")):  # fmt: skip
        assert cipher_text(segment.replace(old, new)) is None


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 33])
def test_what_is_no_whole_block_stays_plain(size):
    segment = b"Flag=9;CP=&&" + b"a" * size + b"&&"
    out = turned(segment, lambda data: data.upper())
    whole = size - size % 16
    assert out == b"Flag=9;CP=&&" + b"A" * whole + b"a" * (size - whole) + b"&&"


@pytest.mark.parametrize("segment", [b"", b"CP=&&", b"Flag=9;CP=&&&", b"Flag=9;CP=&&aaaaaaaaaaaaaaaaaaaaaa"])
def test_what_has_no_content_is_left_alone(segment):
    assert turned(segment, lambda data: data.upper()) == segment


def test_what_came_encrypted_is_the_same_packet():
    packet = Packet(mn="A", cn="2011", st="21", flag=9, groups=((("a-Rtd", "1"),),))
    assert replace(packet, encrypted=True) == packet
