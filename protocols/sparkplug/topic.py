"""Topics: ``spBv1.0/<group>/<TYPE>/<edge>[/<device>]`` and ``spBv1.0/STATE/<host>``: Sparkplug 3.0, chapter Topics.

Sparkplug 2.2 put the state of a host at ``STATE/<host>``; both are read.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from protocols.vocabulary.errors import ProtocolError

NAMESPACE: Final = "spBv1.0"
STATE: Final = "STATE"
MAX_TOPIC: Final = 65_535
"""Bytes of a topic in MQTT."""


class MessageType(StrEnum):
    """What a message does; N is an edge node's, D is a device's behind it."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"

    @property
    def of_device(self) -> bool:
        """Whether its topic ends in a device."""
        return self.value.startswith("D")

    @property
    def is_sequenced(self) -> bool:
        """Whether it has its place in the edge node's sequence numbers; an NBIRTH begins them."""
        return self in (self.NDATA, self.DBIRTH, self.DDATA, self.DDEATH)


_TYPES: Final = frozenset(MessageType)


class Descriptor(NamedTuple):
    """An edge node, or a device behind it; the identifiers are texts without ``+``, ``/`` and ``#``."""

    group: str
    edge: str
    device: str = ""
    """Empty: the edge node itself."""

    @property
    def node(self) -> "Descriptor":
        """The edge node."""
        return Descriptor(self.group, self.edge)

    def __str__(self) -> str:
        return "/".join(filter(None, self))


class Topic(NamedTuple):
    """Whose message it is, and what it does."""

    type: MessageType
    source: Descriptor

    @classmethod
    def of(cls, message_type: MessageType, source: Descriptor) -> "Topic":
        """As parse: itself, checked.

        :raises ProtocolError: it cannot be printed as a topic that parse reads.
        """
        found = parse_topic(str(cls(message_type, source)))
        assert isinstance(found, Topic)  # noqa: S101  # four parts or five make no state
        return found

    def __str__(self) -> str:
        parts = (NAMESPACE, self.source.group, self.type.value, self.source.edge)
        return "/".join((*parts, self.source.device) if self.source.device else parts)


class StateTopic(NamedTuple):
    """Where a host application tells whether it is there."""

    host: str
    old: bool = False
    """As in Sparkplug 2.2."""

    def __str__(self) -> str:
        return f"{STATE}/{self.host}" if self.old else f"{NAMESPACE}/{STATE}/{self.host}"


def parse_topic(text: str) -> Topic | StateTopic:
    """Read a topic.

    :raises ProtocolError: another name space, an unlisted message type, a device where there is none or none where
        there is one, an empty identifier, a wildcard.
    """
    shown = repr(text)[:120]
    if any(character in text for character in "+#\x00"):
        raise ProtocolError(f"topic {shown}: + # and NUL cannot be in it")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ProtocolError(f"topic {shown}: a lone surrogate is no text") from None
    if size > MAX_TOPIC:
        raise ProtocolError(f"topic of {size} bytes: MQTT has at most {MAX_TOPIC}")
    parts = text.split("/")
    if not all(parts):
        raise ProtocolError(f"topic {shown}: an empty part")
    match parts:
        case [namespace, "STATE", host] if namespace == NAMESPACE:
            return StateTopic(host)
        case ["STATE", host]:
            return StateTopic(host, old=True)
        case [namespace, *_] if namespace != NAMESPACE:
            raise ProtocolError(f"topic {shown}: name space {namespace!r:.40}, {NAMESPACE!r} is right")
        case [_, group, kind, edge, *devices] if len(devices) < 2:
            return _topic(shown, kind, Descriptor(group, edge, *devices))
    raise ProtocolError(f"topic {shown}: expected {NAMESPACE}/<group>/<type>/<edge node>[/<device>]")


def _topic(shown: str, kind: str, source: Descriptor) -> Topic:
    if kind not in _TYPES:
        raise ProtocolError(f"topic {shown}: message type {kind!r:.40}, expected one of {' '.join(MessageType)}")
    message_type = MessageType(kind)
    if message_type.of_device and not source.device:
        raise ProtocolError(f"topic {shown}: {kind} is a device's, and no device is in it")
    if source.device and not message_type.of_device:
        raise ProtocolError(f"topic {shown}: {kind} is an edge node's, and a device is in it")
    return Topic(message_type, source)
