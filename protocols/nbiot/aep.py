"""China Telecom's AEP (CTWing): compact binary payloads in object 19 of LwM2M, and payloads in transparent mode.

Facts are from the manuals of modules and from codecs that CTWing's console generates; China Telecom's own description
is not public.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Literal

from protocols.vocabulary.errors import FrameTooLong, ProtocolError

MAX_FRAME: Final = 65_542
"""The longest head, and as many bytes as its length field can say."""


class Kind(IntEnum):
    """What a payload is: its first byte."""

    DATA_REPORT = 0x02
    COMMAND = 0x06
    EVENT = 0x07
    COMMAND_RESPONSE = 0x86


_WITH_TASK: Final = frozenset({Kind.COMMAND, Kind.COMMAND_RESPONSE})


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload: the kind, which service of the product's model it is of, and the fields of that service."""

    kind: Kind
    service_id: int
    """0..65535; by custom 1001 and up for events, 8001 and up for commands, 9001 and up for their responses."""
    data: bytes
    """Fields back to back: see protocols.nbiot.layout."""
    task_id: int | None = None
    """Of commands and their responses: the response repeats the command's. 0..65535."""
    raw: bytes = field(default=b"", compare=False, repr=False)


def head_of(kind: Kind) -> int:
    """Bytes in front of the data."""
    return 7 if kind in _WITH_TASK else 5


def decode(raw: bytes) -> Payload:
    """Read one payload that fills all of the bytes.

    :raises ProtocolError: the first byte is not one of 02, 06, 07 and 86, something is cut off, or the length field
        does not say what is there.
    """
    if not raw or raw[0] not in Kind._value2member_map_:
        found = f"{raw[0]:02X}" if raw else "nothing"
        raise ProtocolError(
            f"AEP: first byte: expected 02, 06, 07 or 86, found {found} (transparent payloads have none)", raw
        )
    kind = Kind(raw[0])
    head = head_of(kind)
    if len(raw) < head:
        raise ProtocolError(f"AEP: {kind.name.lower()}: a head of {head} bytes, {len(raw)} are there", raw)
    announced = int.from_bytes(raw[head - 2 : head])
    if announced != len(raw) - head:
        raise ProtocolError(f"AEP: length field says {announced}, the data has {len(raw) - head} bytes", raw)
    task_id = int.from_bytes(raw[3:5]) if kind in _WITH_TASK else None
    return Payload(kind, int.from_bytes(raw[1:3]), raw[head:], task_id, raw)


def encode(payload: Payload) -> bytes:
    """The inverse.

    :raises ProtocolError: a number is out of its range, or there is a task where there is none, or none where one is.
    """
    needs_task = payload.kind in _WITH_TASK
    numbers = [payload.service_id, *([] if payload.task_id is None else [payload.task_id])]
    if needs_task is (payload.task_id is None) or not all(0 <= number <= 0xFFFF for number in numbers):
        raise ProtocolError(f"AEP: {payload.kind.name.lower()}: service or task {numbers}: expected 0..65535 each")
    if len(payload.data) > 0xFFFF:
        raise FrameTooLong(f"AEP: data of {len(payload.data)} bytes, 65535 are the most")
    numbers.append(len(payload.data))
    return bytes((payload.kind,)) + b"".join(number.to_bytes(2) for number in numbers) + payload.data


Wrapping = Literal["none", "length8", "nmgs"]
"""What a module puts in front of a transparent payload: nothing, its length in one byte, or 00 and two bytes."""


def unwrap(raw: bytes, wrapping: Wrapping) -> bytes:
    """The device's own bytes out of a payload in transparent mode.

    :param wrapping: a setting of the device: nothing in the bytes tells one from the other.
    :raises ProtocolError: the length in front is not what follows.
    """
    if wrapping == "none":
        return raw
    head = 1 if wrapping == "length8" else 3
    if len(raw) < head or (wrapping == "nmgs" and raw[0] != 0):
        raise ProtocolError(
            f"AEP: transparent, {wrapping}: expected a head of {head} bytes, found {raw[:3].hex(' ')}", raw
        )
    announced = int.from_bytes(raw[head - (1 if head == 1 else 2) : head])
    if announced != len(raw) - head:
        raise ProtocolError(f"AEP: transparent: length {announced}, {len(raw) - head} bytes follow", raw)
    return raw[head:]


def wrap(data: bytes, wrapping: Wrapping) -> bytes:
    """The inverse.

    :raises ProtocolError: more bytes than the length in front can say.
    """
    if wrapping == "none":
        return data
    most = 0xFF if wrapping == "length8" else 0xFFFF
    if len(data) > most:
        raise FrameTooLong(f"AEP: transparent, {wrapping}: {len(data)} bytes, {most} are the most")
    return bytes((len(data),)) + data if wrapping == "length8" else b"\0" + len(data).to_bytes(2) + data
