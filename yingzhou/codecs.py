"""What ``yingzhou decode`` can read: a row for each protocol, which is imported when it is asked for."""

import argparse
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from protocols.fields import Field
from protocols.vocabulary import ConfigError, ProtocolError

Told = dict[str, Any]
Setting = TypeVar("Setting")
SM4_KEY: Final = 16
"""Bytes."""


class Tools(NamedTuple):
    """What there is to do with one protocol's bytes; all of it raises ProtocolError only."""

    describe: Callable[[bytes], Told]
    """All that one frame says, for people and scripts."""
    explain: Callable[[bytes], list[Field]]
    """Which bytes of it mean what, end to end, as far as it can be told."""
    decoder: Callable[[], Any] | None = None
    """A protocols.framing.Decoder whose frames know their ``raw`` bytes; None: frames never come as a stream."""
    heard: Callable[[Any], "Tools"] | None = None
    """For a decoder whose frames know more than their bytes, such as what an answer was asked: a frame's own tools."""


class Codec(NamedTuple):
    """How one protocol's frames come in, and who tells what they mean."""

    load: Callable[[argparse.Namespace], Tools]
    text_starts: tuple[bytes, ...] = ()
    """A frame that starts so is taken as text; anything else must be hexadecimal."""
    base64: bool = False
    """What is neither of the two may be base64, in whole groups of four; what can be hexadecimal is hexadecimal."""


def _hj212(args: argparse.Namespace) -> Tools:
    from protocols.hj212 import Decoder  # noqa: PLC0415  # each protocol is imported when it is asked for
    from protocols.hj212.describe import describe  # noqa: PLC0415
    from protocols.hj212.explain import explain  # noqa: PLC0415

    decipher = _sm4(args.key) if args.key else None
    return Tools(
        lambda raw: describe(raw, args.crc, decipher),
        lambda raw: explain(raw, args.crc, decipher),
        lambda: Decoder(args.crc, decipher),
    )


def _sm4(key: bytes) -> Callable[[bytes], bytes]:
    """SM4 by the ``cryptography`` package, which nothing else of ours needs: only for who has it, and a key."""
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, modes  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.algorithms import SM4  # noqa: PLC0415
    except ImportError:
        raise ConfigError("--key: hj212 needs the Python package `cryptography` for SM4") from None
    if len(key) != SM4_KEY:
        raise ConfigError(f"--key: {len(key)} bytes, an SM4 key has {SM4_KEY}")
    cipher = Cipher(SM4(key), modes.ECB())  # noqa: S305  # the standard wants ECB
    return lambda blocks: cipher.decryptor().update(blocks)


def _senml_json(args: argparse.Namespace) -> Tools:
    from protocols.senml.describe import describe_json  # noqa: PLC0415
    from protocols.senml.explain import explain_json  # noqa: PLC0415

    return Tools(lambda raw: describe_json(raw, args.now), explain_json)


def _senml_cbor(args: argparse.Namespace) -> Tools:
    from protocols.senml.describe import describe_cbor  # noqa: PLC0415
    from protocols.senml.explain import explain_cbor  # noqa: PLC0415

    return Tools(lambda raw: describe_cbor(raw, args.now), explain_cbor)


def _modbus_rtu(args: argparse.Namespace) -> Tools:
    from protocols.modbus import rtu  # noqa: PLC0415
    from protocols.modbus.describe import describe_rtu  # noqa: PLC0415
    from protocols.modbus.explain import explain_rtu  # noqa: PLC0415

    if args.direction == "both":
        return Tools(describe_rtu, explain_rtu, rtu.Listener, _heard)
    return Tools(describe_rtu, explain_rtu, lambda: rtu.Decoder(args.direction))


def _modbus_tcp(args: argparse.Namespace) -> Tools:
    from protocols.modbus import tcp  # noqa: PLC0415
    from protocols.modbus.describe import describe_tcp  # noqa: PLC0415
    from protocols.modbus.explain import explain_tcp  # noqa: PLC0415

    if args.direction == "both":
        return Tools(describe_tcp, explain_tcp, tcp.Listener, _heard)
    return Tools(describe_tcp, explain_tcp, lambda: tcp.Decoder(args.direction))


def _heard(frame: Any) -> Tools:
    from protocols.modbus.describe import describe_heard  # noqa: PLC0415
    from protocols.modbus.explain import explain_heard  # noqa: PLC0415

    return Tools(lambda _: describe_heard(frame), lambda _: explain_heard(frame))


def _dlt645(args: argparse.Namespace) -> Tools:  # noqa: ARG001  # it has no options
    from protocols.dlt645 import Decoder  # noqa: PLC0415
    from protocols.dlt645.describe import describe  # noqa: PLC0415
    from protocols.dlt645.explain import explain  # noqa: PLC0415

    return Tools(describe, explain, Decoder)


def _cjt188(args: argparse.Namespace) -> Tools:  # noqa: ARG001  # it has no options
    from protocols.cjt188 import Decoder  # noqa: PLC0415
    from protocols.cjt188.describe import describe  # noqa: PLC0415
    from protocols.cjt188.explain import explain  # noqa: PLC0415

    return Tools(describe, explain, Decoder)


def _sparkplug(args: argparse.Namespace) -> Tools:
    try:
        from protocols.sparkplug.describe import describe  # noqa: PLC0415
        from protocols.sparkplug.explain import explain  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigError(f"sparkplug needs the package protobuf, which yingzhou[cloud] brings: {error}") from error

    return Tools(lambda raw: describe(raw, args.topic), explain)


def _sl651(args: argparse.Namespace) -> Tools:
    from protocols.sl651 import Decoder  # noqa: PLC0415
    from protocols.sl651.describe import describe  # noqa: PLC0415
    from protocols.sl651.explain import explain  # noqa: PLC0415

    return Tools(lambda raw: describe(raw, args.lists), explain, Decoder)


def _uplink(args: argparse.Namespace) -> Tools:
    from protocols.uplink.describe import describe  # noqa: PLC0415
    from protocols.uplink.explain import explain  # noqa: PLC0415

    return Tools(lambda raw: describe(raw, args.key), explain)


def _coap(args: argparse.Namespace) -> Tools:
    from protocols.coap.describe import describe  # noqa: PLC0415
    from protocols.coap.explain import explain  # noqa: PLC0415
    from yingzhou.lwm2m_view import lwm2m_view  # noqa: PLC0415

    del args
    return Tools(lambda raw: describe(raw) | lwm2m_view(raw), explain)


def _lwm2m_tlv(args: argparse.Namespace) -> Tools:
    from protocols.lwm2m.describe import describe  # noqa: PLC0415
    from protocols.lwm2m.explain import explain  # noqa: PLC0415
    from protocols.lwm2m.path import Path  # noqa: PLC0415

    path = _setting("--path", args.path, Path.parse)
    return Tools(lambda raw: describe(raw, path), lambda raw: explain(raw, path))


def _nbiot_aep(args: argparse.Namespace) -> Tools:
    from protocols.nbiot.describe import describe_aep  # noqa: PLC0415
    from protocols.nbiot.explain import explain_aep  # noqa: PLC0415
    from protocols.nbiot.layout import parse  # noqa: PLC0415

    fields = _setting("--layout", args.layout, parse)
    return Tools(lambda raw: describe_aep(raw, fields), lambda raw: explain_aep(raw, fields))


def _nbiot_huawei(args: argparse.Namespace) -> Tools:
    from protocols.nbiot.describe import describe_huawei  # noqa: PLC0415
    from protocols.nbiot.explain import explain_huawei  # noqa: PLC0415
    from protocols.nbiot.layout import parse  # noqa: PLC0415

    fields = _setting("--layout", args.layout, parse)
    return Tools(lambda raw: describe_huawei(raw, fields), lambda raw: explain_huawei(raw, fields))


def _setting(option: str, text: str | None, read: Callable[[str], Setting]) -> Setting | None:
    """What an option says; None when it was not given.

    :raises ConfigError: it says nothing that can be used.
    """
    try:
        return None if text is None else read(text)
    except ProtocolError as error:
        raise ConfigError(f"{option}: {error}") from None


CODECS: Final[dict[str, Codec]] = {
    "hj212": Codec(_hj212, (b"##", b"QN=", b"ST=")),
    "sl651": Codec(_sl651, (b"\x01",)),
    "dlt645": Codec(_dlt645),
    "cjt188": Codec(_cjt188),
    "modbus-rtu": Codec(_modbus_rtu),
    "modbus-tcp": Codec(_modbus_tcp),
    "senml-json": Codec(_senml_json, (b"[", b"{")),
    "senml-cbor": Codec(_senml_cbor),
    "coap": Codec(_coap),
    "lwm2m-tlv": Codec(_lwm2m_tlv),
    "nbiot-aep": Codec(_nbiot_aep),
    "nbiot-huawei": Codec(_nbiot_huawei),
    "sparkplug": Codec(_sparkplug, (b"{", b"ONLINE", b"OFFLINE"), base64=True),
    "uplink": Codec(_uplink),
}
