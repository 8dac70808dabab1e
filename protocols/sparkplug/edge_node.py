"""The edge node's end: births, data and deaths as they are published, for simulators and tests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from protocols.sparkplug.datatypes import DataType, typed, value_of
from protocols.sparkplug.outcomes import Published
from protocols.sparkplug.payload import decode
from protocols.sparkplug.samples import BD_SEQ, REBIRTH
from protocols.sparkplug.sequence import MODULUS
from protocols.sparkplug.topic import Descriptor, MessageType, Topic, parse_topic
from protocols.sparkplug.values import Metric, Payload, Property, PropertySet, Value
from protocols.sparkplug.writer import encode
from protocols.vocabulary.errors import ProtocolError

BAD, GOOD, STALE = 0, 192, 500


class Tag(NamedTuple):
    """A metric that an edge node or a device has."""

    name: str
    datatype: int
    value: Any
    """Of the datatype; None: null."""


def quality(code: int) -> PropertySet:
    """The property ``Quality``: an Int32 of 0, 192 or 500."""
    return PropertySet((Property("Quality", DataType.Int32, None, Value("int_value", code)),))


@dataclass(slots=True)
class _Owner:
    """The edge node itself, or a device behind it."""

    tags: dict[str, Tag]
    aliases: dict[str, int] = field(default_factory=dict)
    online: bool = True


_CONTROLS: Final = (Tag(REBIRTH, DataType.Boolean, False),)


class EdgeNode:
    """One edge node of Sparkplug 3.0: it numbers its messages and gives its metrics aliases that are its own.

    The order on a connection: :meth:`connect` gives the will; then subscribe to its NCMD and DCMD, publish what
    :meth:`birth` gives, then data.

    :param tags: its own metrics; bdSeq and Node Control/Rebirth are added.
    :param aliases: whether data goes by alias. Its datatype goes with it, which the standard leaves open: readers that
        are built on Tahu's JavaScript library or on pysparkplug cannot do without it.
    """

    def __init__(self, node: Descriptor, tags: Iterable[Tag] = (), *, aliases: bool = True, bd_seq: int = 0) -> None:
        self.node = node.node
        self._aliases = aliases
        self._next_alias = 1
        self._next_bd_seq = bd_seq % MODULUS
        self.bd_seq = self._next_bd_seq
        self._seq = 0
        self._owners: dict[str, _Owner] = {"": self._owner(tags)}

    def connect(self, now: int) -> Published:
        """A new connection: its will, which is an NDEATH without seq. The bdSeq is one more than the last one's."""
        self.bd_seq, self._next_bd_seq = self._next_bd_seq, (self._next_bd_seq + 1) % MODULUS
        return self.death(now)

    def birth(self, now: int) -> list[Published]:
        """NBIRTH, with seq 0, and the DBIRTH of each device that is there; a rebirth keeps the bdSeq."""
        self._seq = 0
        own = self._owners[""]
        controls = [self._metric(own, tag, now, born=True) for tag in _CONTROLS]
        metrics = (self._bd_seq_metric(now), *controls, *self._all(own, now))
        published = [self._publish(MessageType.NBIRTH, "", metrics, now)]
        devices = [device for device, owner in self._owners.items() if device and owner.online]
        return published + [self._device_birth(device, now) for device in devices]

    def add_device(self, device: str, tags: Iterable[Tag], now: int) -> Published:
        """A device is there, for the first time or again: its DBIRTH."""
        self._owners[device] = self._owner(tags)
        return self._device_birth(device, now)

    def data(
        self,
        changes: Mapping[str, Any],
        now: int,
        *,
        device: str = "",
        historical: bool = False,
        properties: PropertySet | None = None,
    ) -> Published:
        """NDATA, or DDATA of a device: new values of metrics that were announced, taken at this moment.

        :raises KeyError: no such device or metric.
        :raises ValueError: a value is not of its metric's datatype.
        """
        owner = self._owners[device]
        metrics = []
        for name, value in changes.items():
            tag = owner.tags[name]._replace(value=value)
            if not historical:
                owner.tags[name] = tag
            metric = self._metric(owner, tag, now, born=False)
            metrics.append(replace(metric, is_historical=historical or None, properties=properties))
        return self._publish(MessageType.DDATA if device else MessageType.NDATA, device, tuple(metrics), now)

    def device_death(self, device: str, now: int) -> Published:
        """The device is not there any more: its DDEATH.

        :raises KeyError: no such device.
        """
        self._owners[device].online = False
        return self._publish(MessageType.DDEATH, device, (), now)

    def death(self, now: int) -> Published:
        """The NDEATH of this connection: its will, and what it publishes before it disconnects."""
        payload = Payload(timestamp=now, metrics=(self._bd_seq_metric(None),))
        return Published(str(Topic.of(MessageType.NDEATH, self.node)), encode(payload), time=now, qos=1)

    def receive(self, command: Published, now: int) -> list[Published]:
        """A command came: the births when they are asked for; other commands are for whoever runs the simulation.

        :raises ProtocolError: the topic or the payload is malformed.
        """
        topic = parse_topic(command.topic)
        if not isinstance(topic, Topic) or topic != Topic(MessageType.NCMD, self.node):
            return []
        asked = any(_is_true(metric) for metric in decode(command.payload).named(REBIRTH))
        return self.birth(now) if asked else []

    def _device_birth(self, device: str, now: int) -> Published:
        return self._publish(MessageType.DBIRTH, device, tuple(self._all(self._owners[device], now)), now)

    def _publish(self, message_type: MessageType, device: str, metrics: tuple[Metric, ...], now: int) -> Published:
        payload = Payload(timestamp=now, metrics=metrics, seq=self._seq)
        self._seq = (self._seq + 1) % MODULUS
        topic = Topic.of(message_type, self.node._replace(device=device))
        return Published(str(topic), encode(payload), time=now)

    def _all(self, owner: _Owner, now: int) -> list[Metric]:
        return [self._metric(owner, tag, now, born=True) for tag in owner.tags.values()]

    def _metric(self, owner: _Owner, tag: Tag, now: int, *, born: bool) -> Metric:
        alias = owner.aliases.get(tag.name)
        return Metric(
            name=tag.name if born or alias is None else None,
            alias=alias,
            timestamp=now,
            datatype=tag.datatype,
            is_null=True if tag.value is None else None,
            value=None if tag.value is None else value_of(tag.datatype, tag.value),
        )

    def _bd_seq_metric(self, now: int | None) -> Metric:
        value = value_of(DataType.Int64, self.bd_seq)
        return Metric(name=BD_SEQ, timestamp=now, datatype=DataType.Int64, value=value)

    def _owner(self, tags: Iterable[Tag]) -> _Owner:
        owner = _Owner({tag.name: tag for tag in tags})
        if self._aliases:
            for name in owner.tags:
                owner.aliases[name] = self._next_alias
                self._next_alias += 1
        return owner


def _is_true(metric: Metric) -> bool:
    try:
        return typed(metric.value, DataType.Boolean) is True
    except ProtocolError:
        return False
