"""Identifiers: twin (GB/T 30428.2 code + ISO 7064 check), neuron, gateway, hardware identity, datastream key."""

import re
import secrets
from hashlib import sha256
from typing import NamedTuple, Self

from protocols.vocabulary.check_characters import mod_11_2, mod_37_36
from protocols.vocabulary.errors import IdentityError

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
DISTRICT = "310151"
_CROCKFORD_VALUE = {character: value for value, character in enumerate(CROCKFORD)}
_TWIN = re.compile(r"([0-9]{6})-?([0-9]{4})-?([0-9]{6})-?([0-9X])", re.ASCII)
_CODE16 = re.compile(r"[0-9]{16}", re.ASCII)
_NEURON = re.compile(r"nrn-([0-9a-hjkmnp-tv-z]{8})([0-9a-z])", re.ASCII)
_GATEWAY = re.compile(r"gw-[a-z0-9-]{1,29}", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9]{0,15}", re.ASCII)
_HARDWARE_VALUE = re.compile(r"[A-Za-z0-9._:@+~-]{1,64}", re.ASCII)
_STRANGE = re.compile(rb"[^A-Za-z0-9._@-]")
MAX_HARDWARE_VALUE = 64
_CHANNEL = re.compile(r"[A-Za-z0-9_.-]{1,32}", re.ASCII)
_PROPERTY = re.compile(r"[a-z][a-z0-9_]{0,47}", re.ASCII)


class TwinId(NamedTuple):
    """The digital-twin identifier for life: 6-digit district + 2 category + 2 sub-category + 6 serial, and a check."""

    code: str
    """The national city-part code, 16 digits (GB/T 30428.2)."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept ``310151-LLSS-NNNNNN-C`` with or without hyphens.

        :raises IdentityError: the shape is wrong, or the check character is; the message says which was right.
        """
        match = _TWIN.fullmatch(text)
        if match is None:
            raise IdentityError(
                f"twin identifier {text!r:.80}: expected 310151-LLSS-NNNNNN-C, 16 digits and a check character"
            )
        code = match[1] + match[2] + match[3]
        right = mod_11_2(code)
        if match[4] != right:
            raise IdentityError(f"twin identifier {text!r}: check character {match[4]!r} is wrong, {right!r} is right")
        return cls(code)

    @classmethod
    def from_code(cls, code: str) -> Self:
        """Adopt the 16 digits of an asset ledger.

        :raises IdentityError: it is not 16 ASCII digits.
        """
        if _CODE16.fullmatch(code) is None:
            raise IdentityError(f"city-part code {code!r:.80}: expected 16 digits")
        return cls(code)

    @classmethod
    def compose(cls, district: str, category: str, serial: int) -> Self:
        """Build from a 6-digit district, a 4-digit category (2 + 2) and a serial of 1 to 999999.

        :raises IdentityError: a part has the wrong length, or the serial is out of range.
        """
        if not 1 <= serial <= 999_999:
            raise IdentityError(f"serial {serial}: expected 1 to 999999")
        return cls.from_code(f"{district}{category}{serial:06d}")

    @property
    def check(self) -> str:
        """The ISO 7064 MOD 11-2 check character, 0-9 or X."""
        return mod_11_2(self.code)

    @property
    def compact(self) -> str:
        """The 17 characters without hyphens."""
        return self.code + self.check

    @property
    def category(self) -> str:
        """Category and sub-category, 4 digits."""
        return self.code[6:10]

    def urn(self, ngsi_type: str) -> str:
        """The NGSI-LD entity id, ``urn:ngsi-ld:<Type>:<17 characters>``."""
        return f"urn:ngsi-ld:{ngsi_type}:{self.compact}"

    def __str__(self) -> str:
        return f"{self.code[:6]}-{self.code[6:10]}-{self.code[10:]}-{self.check}"


class NeuronId(NamedTuple):
    """``nrn-`` + 8 lower-case Crockford base-32 characters + 1 ISO 7064 MOD 37,36 check character."""

    body: str
    """The 8 characters; 40 bits."""

    @classmethod
    def mint(cls) -> Self:
        """A new random one."""
        return cls.from_int(secrets.randbits(40))

    @classmethod
    def from_int(cls, value: int) -> Self:
        """From 40 bits, most significant character first."""
        return cls("".join(CROCKFORD[value >> shift & 31] for shift in range(35, -1, -5)))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the 13 characters.

        :raises IdentityError: the shape or the check character is wrong.
        """
        match = _NEURON.fullmatch(text)
        if match is None:
            raise IdentityError(
                f"neuron identifier {text!r:.80}: expected nrn- and 9 characters (8 Crockford base-32, then the check)"
            )
        right = mod_37_36(match[1]).lower()
        if match[2] != right:
            raise IdentityError(
                f"neuron identifier {text!r}: check character {match[2]!r} is wrong, {right!r} is right"
            )
        return cls(match[1])

    def __int__(self) -> int:
        value = 0
        for character in self.body:
            value = value << 5 | _CROCKFORD_VALUE[character]
        return value

    def __str__(self) -> str:
        return f"nrn-{self.body}{mod_37_36(self.body).lower()}"


def parse_gateway_id(text: str) -> str:
    """Check a gateway identifier: ``gw-`` + lower-case letters, digits, hyphens, at most 32 characters.

    :raises IdentityError: it is none.
    """
    if _GATEWAY.fullmatch(text) is None:
        raise IdentityError(f"gateway identifier {text!r:.80}: expected gw- and 1 to 29 of a-z, 0-9, -")
    return text


class HardwareId(NamedTuple):
    """What a device calls itself: ``imei``, ``mn`` (HJ 212), ``sl651``, ``meter``, ``serial``, ``onvif``..."""

    scheme: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``scheme:value``.

        :raises IdentityError: scheme or value has a character that it may not have, or is too long.
        """
        scheme, _, value = text.partition(":")
        return cls(scheme, value).checked()

    @classmethod
    def of_text(cls, scheme: str, *parts: str) -> Self:
        """From names that others gave: joined by colons, any byte but A-Z a-z 0-9 . _ - @ as ``~`` and two hex digits.

        So different names never look alike. What comes out longer than 64 characters is ``~~`` and the first 32
        hexadecimal digits of the SHA-256 of the parts joined by slashes.
        """
        value = ":".join(_STRANGE.sub(lambda match: b"~%02X" % match[0][0], part.encode()).decode() for part in parts)
        if len(value) > MAX_HARDWARE_VALUE:
            value = f"~~{sha256('/'.join(parts).encode()).hexdigest()[:32]}"
        return cls(scheme, value)

    def checked(self) -> Self:
        """Itself.

        :raises IdentityError: as parse.
        """
        if _SCHEME.fullmatch(self.scheme) is None:
            raise IdentityError(f"hardware identity {str(self)!r:.80}: scheme: expected a-z then up to 15 of a-z0-9")
        if _HARDWARE_VALUE.fullmatch(self.value) is None:
            raise IdentityError(
                f"hardware identity {str(self)!r:.80}: value: expected 1 to 64 of A-Z a-z 0-9 . _ : @ + ~ -"
            )
        return self

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


def series_name(observed: str, channel: str = "") -> str:
    """Observed property with the channel if there is one: ``water_temperature`` or ``water_temperature/2``."""
    return f"{observed}/{channel}" if channel else observed


def is_series(text: str) -> bool:
    """Whether it has the shape of ``<observed property>[/<channel>]``."""
    name, slash, channel = text.partition("/")
    if _PROPERTY.fullmatch(name) is None:
        return False
    return not slash or _CHANNEL.fullmatch(channel) is not None


class Point(NamedTuple):
    """Where a reading belongs, as the gateway knows it.

    ``source`` is a neuron identifier, or a hardware identity ``scheme:value`` that the cloud's registry resolves.
    With a neuron as its source the text form is the datastream key, ``<neuron id>/<observed property>[/<channel>]``.
    """

    source: str
    observed: str
    channel: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse and check all parts.

        :raises IdentityError: a part is wrong; the message names it.
        """
        source, _, rest = text.partition("/")
        name, slash, channel = rest.partition("/")
        if slash and not channel:
            raise IdentityError(f"datastream key {text!r:.120}: empty channel")
        return cls(source, name, channel).checked()

    def checked(self) -> Self:
        """Itself.

        :raises IdentityError: source, property or channel is not of its shape.
        """
        if self.source.startswith("nrn-"):
            NeuronId.parse(self.source)
        else:
            HardwareId.parse(self.source)
        if _PROPERTY.fullmatch(self.observed) is None:
            raise IdentityError(f"observed property {self.observed!r:.80}: expected a-z then up to 47 of a-z0-9_")
        if self.channel and _CHANNEL.fullmatch(self.channel) is None:
            raise IdentityError(f"channel {self.channel!r:.80}: expected 1 to 32 of A-Z a-z 0-9 _ . -")
        return self

    @property
    def series(self) -> str:
        """See :func:`series_name`."""
        return series_name(self.observed, self.channel)

    def __str__(self) -> str:
        return f"{self.source}/{self.series}"
