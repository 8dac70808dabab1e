"""Options: numbers, forms and limits (RFC 7252 §5.4 and §5.10, RFC 7641 §2, RFC 7959 §2, later registrations)."""

from typing import Final, Literal, NamedTuple

from protocols.vocabulary.errors import ProtocolError

Form = Literal["empty", "opaque", "uint", "string"]

MAX_NUMBER: Final = 65_535

IF_MATCH: Final = 1
OBSERVE: Final = 6
LOCATION_PATH: Final = 8
URI_PATH: Final = 11
CONTENT_FORMAT: Final = 12
URI_QUERY: Final = 15
ACCEPT: Final = 17
BLOCK2: Final = 23
BLOCK1: Final = 27


class Option(NamedTuple):
    """One option as it travels."""

    number: int
    value: bytes = b""

    @property
    def critical(self) -> bool:
        """Whether who does not know it must not go on as if it were not there (RFC 7252 §5.4.1)."""
        return bool(self.number & 1)


class Kind(NamedTuple):
    """What the registry of option numbers says about one of them."""

    name: str
    form: Form
    shortest: int
    """Bytes of the value."""
    longest: int
    repeatable: bool = False


KINDS: Final[dict[int, Kind]] = {
    1: Kind("If-Match", "opaque", 0, 8, True),
    3: Kind("Uri-Host", "string", 1, 255),
    4: Kind("ETag", "opaque", 1, 8, True),
    5: Kind("If-None-Match", "empty", 0, 0),
    6: Kind("Observe", "uint", 0, 3),
    7: Kind("Uri-Port", "uint", 0, 2),
    8: Kind("Location-Path", "string", 0, 255, True),
    9: Kind("OSCORE", "opaque", 0, 255),
    11: Kind("Uri-Path", "string", 0, 255, True),
    12: Kind("Content-Format", "uint", 0, 2),
    14: Kind("Max-Age", "uint", 0, 4),
    15: Kind("Uri-Query", "string", 0, 255, True),
    16: Kind("Hop-Limit", "uint", 1, 1),
    17: Kind("Accept", "uint", 0, 2),
    19: Kind("Q-Block1", "uint", 0, 3),
    20: Kind("Location-Query", "string", 0, 255, True),
    21: Kind("EDHOC", "empty", 0, 0),
    23: Kind("Block2", "uint", 0, 3),
    27: Kind("Block1", "uint", 0, 3),
    28: Kind("Size2", "uint", 0, 4),
    31: Kind("Q-Block2", "uint", 0, 3, True),
    35: Kind("Proxy-Uri", "string", 1, 1_034),
    39: Kind("Proxy-Scheme", "string", 1, 255),
    60: Kind("Size1", "uint", 0, 4),
    252: Kind("Echo", "opaque", 1, 40),
    258: Kind("No-Response", "uint", 0, 1),
    292: Kind("Request-Tag", "opaque", 0, 8, True),
    2049: Kind("OCF-Accept-Content-Format-Version", "uint", 0, 2),
    2053: Kind("OCF-Content-Format-Version", "uint", 0, 2),
}


def name_of(number: int) -> str:
    """The registered name; ``Unknown`` when there is none here."""
    kind = KINDS.get(number)
    return kind.name if kind else "Unknown"


def uint(value: bytes) -> int:
    """An unsigned integer in as many bytes as it needs, leading zeros allowed; none at all is 0 (RFC 7252 §3.2).

    :raises ProtocolError: more than four bytes.
    """
    if len(value) > 4:
        raise ProtocolError(f"option: an integer of {len(value)} bytes, 4 are allowed", value)
    return int.from_bytes(value)


def uint_bytes(number: int) -> bytes:
    """The inverse, in the fewest bytes.

    :raises ProtocolError: negative, or more than four bytes.
    """
    if not 0 <= number < 1 << 32:
        raise ProtocolError(f"option: {number} is no unsigned integer of 32 bits")
    return number.to_bytes((number.bit_length() + 7) // 8)


def value_of(option: Option) -> int | str | bytes:
    """The value in the option's form; its bytes where the form does not hold or is not known."""
    kind = KINDS.get(option.number)
    if kind is None or not kind.shortest <= len(option.value) <= kind.longest:
        return option.value
    if kind.form == "uint":
        return uint(option.value)
    if kind.form == "string":
        try:
            return option.value.decode()
        except UnicodeDecodeError:
            return option.value
    return option.value


class Unrecognised(NamedTuple):
    """An option that a receiver must treat as one that it does not know (RFC 7252 §5.4.1, §5.4.3, §5.4.5)."""

    number: int
    critical: bool
    """Then a request is answered 4.02 and a response is rejected; otherwise the option is ignored."""
    why: str


def unrecognised(options: tuple[Option, ...]) -> list[Unrecognised]:
    """The options of unlisted numbers, of another length or form than the listed one, and those that come too often."""
    found = []
    seen: set[int] = set()
    for option in options:
        why = _wrong(option, seen)
        seen.add(option.number)
        if why:
            found.append(Unrecognised(option.number, option.critical, why))
    return found


def _wrong(option: Option, seen: set[int]) -> str:
    kind = KINDS.get(option.number)
    if kind is None:
        return "not a listed number"
    length = len(option.value)
    if not kind.shortest <= length <= kind.longest:
        allowed = f"{kind.shortest} to {kind.longest}" if kind.longest > kind.shortest else f"{kind.longest}"
        return f"{length} bytes: expected {allowed}"
    if kind.form == "string" and isinstance(value_of(option), bytes):
        return "no UTF-8"
    if option.number in seen and not kind.repeatable:
        return "may come once only"
    return ""


class Block(NamedTuple):
    """The value of Block1 or Block2: RFC 7959 §2.2."""

    num: int
    """Which block, 0..2**20 - 1."""
    more: bool
    szx: int
    """0..6."""

    @property
    def size(self) -> int:
        """Bytes of a block: 16 to 1024."""
        return 16 << self.szx

    @property
    def start(self) -> int:
        """Offset of the block's first byte."""
        return self.num * self.size


def block_of(value: bytes) -> Block:
    """Read Block1 or Block2.

    :raises ProtocolError: more than three bytes, or the reserved size exponent 7.
    """
    if len(value) > 3:
        raise ProtocolError(f"block option: {len(value)} bytes, 3 are allowed", value)
    number = int.from_bytes(value)
    if number & 7 == 7:
        raise ProtocolError("block option: size exponent 7 is reserved, 0 to 6 are allowed", value)
    return Block(number >> 4, bool(number & 8), number & 7)


def block_bytes(block: Block) -> bytes:
    """The inverse.

    :raises ProtocolError: a field is out of its range.
    """
    if not (0 <= block.num < 1 << 20 and 0 <= block.szx < 7):
        raise ProtocolError(
            f"block option: number {block.num}, size exponent {block.szx}: expected 0..1048575 and 0..6"
        )
    return uint_bytes(block.num << 4 | block.more << 3 | block.szx)
