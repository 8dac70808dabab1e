"""What is no number: states and alarms (Table 58), events (82), switches (71, 74), gates (77), version, quota."""

from typing import Final, NamedTuple

from protocols.bcd import digits, packed
from protocols.vocabulary.errors import ProtocolError


class StatusBit(NamedTuple):
    """One bit of element 45."""

    bit: int
    name: str
    name_zh: str
    clear: str
    """What 0 says."""
    set: str
    """What 1 says. Of bits 7 and 10 it is the ordinary state: a pump that stands, a door that is shut."""
    alarm: bool
    """Whether 1 wants somebody's attention."""


STATUS_BITS: Final = (
    StatusBit(0, "mains", "交流电充电状态", "normal", "off", True),
    StatusBit(1, "battery", "蓄电池电压状态", "normal", "low", True),
    StatusBit(2, "level limit", "水位超限报警状态", "normal", "alarm", True),
    StatusBit(3, "flow limit", "流量超限报警状态", "normal", "alarm", True),
    StatusBit(4, "quality limit", "水质超限报警状态", "normal", "alarm", True),
    StatusBit(5, "flow meter", "流量仪表状态", "normal", "fault", True),
    StatusBit(6, "level meter", "水位仪表状态", "normal", "fault", True),
    StatusBit(7, "door", "终端箱门状态", "open", "closed", False),
    StatusBit(8, "memory", "存储器状态", "normal", "fault", True),
    StatusBit(9, "IC card", "IC卡功能有效", "off", "valid", False),
    StatusBit(10, "pump", "水泵工作状态", "working", "stopped", False),
    StatusBit(11, "remaining water", "剩余水量报警", "normal", "over the limit", True),
)
DOOR: Final = 7

EVENTS: Final = (
    ("history cleared", "历史数据初始化记录"),
    ("parameters changed", "参数变更记录"),
    ("state changed", "状态量变位记录"),
    ("sensor or meter fault", "传感器及仪表故障记录"),
    ("password changed", "密码修改记录"),
    ("terminal fault", "终端故障记录"),
    ("mains lost", "交流失电记录"),
    ("battery low", "蓄电池电压低告警记录"),
    ("door opened by force", "终端箱非法打开记录"),
    ("pump fault", "水泵故障记录"),
    ("remaining water over the limit", "剩余水量超限告警记录"),
    ("level over the limit", "水位超限告警记录"),
    ("pressure over the limit", "水压超限告警记录"),
    ("quality over the limit", "水质参数超限告警记录"),
    ("data errors", "数据出错记录"),
    ("messages sent", "发报文记录"),
    ("messages received", "收报文记录"),
    ("messages sent with errors", "发报文出错记录"),
)
"""ERC1 to ERC18; ERC19 to ERC32 are spare."""
_COUNTERS: Final = 32


def bits_set(word: int) -> list[int]:
    """The places of the bits that are 1, lowest first."""
    return [bit for bit in range(word.bit_length()) if word >> bit & 1]


def status(word: int) -> dict[str, str]:
    """What each bit of element 45 says; reserved bits that are set are named ``bit <n>``."""
    told = {row.name: row.set if word >> row.bit & 1 else row.clear for row in STATUS_BITS}
    return told | {f"bit {bit}": "set" for bit in bits_set(word) if bit >= len(STATUS_BITS)}


def alarms(word: int) -> list[str]:
    """What wants attention: the alarm bits that are 1, and a door that is open."""
    told = [f"{row.name}: {row.set}" for row in STATUS_BITS if row.alarm and word >> row.bit & 1]
    return told if word >> DOOR & 1 else [*told, "door: open"]


def events(data: bytes) -> dict[str, int]:
    """The counters of function 50; spare ones are named ``ERC<n>`` and told when they are not zero.

    :raises ProtocolError: not 64 bytes.
    """
    if len(data) != 2 * _COUNTERS:
        raise ProtocolError(f"event record of {len(data)} bytes: expected {2 * _COUNTERS}", data)
    counts = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
    told = {name: count for (name, _), count in zip(EVENTS, counts, strict=False)}
    return told | {f"ERC{n + 1}": counts[n] for n in range(len(EVENTS), _COUNTERS) if counts[n]}


def switches(data: bytes) -> list[bool]:
    """Pumps or valves, the first one first: whether each is on (open).

    :raises ProtocolError: the length byte and the bytes behind it disagree.
    """
    if not data or data[0] != len(data) - 1:
        raise ProtocolError(f"switches: length byte {data[:1].hex() or 'missing'}, {max(len(data) - 1, 0)} bytes", data)
    return _bits(data[1:])


def written_switches(states: list[bool]) -> bytes:
    """The inverse of :func:`switches`, filled up with what is off to whole bytes.

    :raises ProtocolError: more than fit behind a length byte.
    """
    written = _written_bits(states)
    if len(written) > 0xFF:
        raise ProtocolError(f"switches: {len(states)}: expected {8 * 0xFF} at most")
    return bytes([len(written)]) + written


class Gate(NamedTuple):
    """One gate."""

    open: bool
    opening_cm: int | None
    """None where it was not sent."""


def gates(data: bytes) -> list[Gate]:
    """Gates, the first one first.

    :raises ProtocolError: the number of gates and the bytes behind it disagree.
    """
    count = data[0] if data else 0
    width = (count + 7) // 8
    if not data or len(data) not in (1 + width, 1 + width + 2 * count):
        raise ProtocolError(
            f"gates: {count} need {width} bytes, or {width + 2 * count} with openings: found {max(len(data) - 1, 0)}",
            data,
        )
    states = _bits(data[1 : 1 + width])[:count]
    rest = data[1 + width :]
    if not rest:
        return [Gate(state, None) for state in states]
    return [Gate(state, int(digits(rest[2 * at : 2 * at + 2]))) for at, state in enumerate(states)]


def written_gates(states: list[Gate]) -> bytes:
    """The inverse of :func:`gates`.

    :raises ProtocolError: more than 255, or openings for some only, or above 9999 cm.
    """
    openings = [gate.opening_cm for gate in states if gate.opening_cm is not None]
    if len(states) > 0xFF or len(openings) not in (0, len(states)):
        raise ProtocolError(
            f"gates: {len(openings)} openings for {len(states)} gates: expected none or all, 255 at most"
        )
    written = bytes([len(states)]) + _written_bits([gate.open for gate in states])
    return written + b"".join(packed(opening, 2) for opening in openings)


def version(data: bytes) -> str:
    """The text of function 45; bytes that are no ASCII are escaped.

    :raises ProtocolError: the length byte and the text disagree.
    """
    if not data or data[0] != len(data) - 1:
        raise ProtocolError(f"version: length byte {data[:1].hex() or 'missing'}, {max(len(data) - 1, 0)} bytes", data)
    return data[1:].decode("ascii", "backslashreplace")


def quota(data: bytes) -> bool:
    """Whether the water quota is controlled.

    :raises ProtocolError: neither FF nor 00.
    """
    if data not in (b"\xff", b"\x00"):
        raise ProtocolError(f"quota: expected FF (on) or 00 (off), found {data[:8].hex().upper() or 'nothing'}", data)
    return data == b"\xff"


def _bits(data: bytes) -> list[bool]:
    return [bool(byte >> bit & 1) for byte in data for bit in range(8)]


def _written_bits(states: list[bool]) -> bytes:
    octets = (states[at : at + 8] for at in range(0, len(states), 8))
    return bytes(sum(1 << bit for bit, state in enumerate(octet) if state) for octet in octets)
