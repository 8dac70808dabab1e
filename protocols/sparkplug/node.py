"""One edge node as a host sees it: its births, its devices, the order of its messages, its death."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from protocols.sparkplug.births import AMBIGUOUS, Births
from protocols.sparkplug.outcomes import Ledger, Measured, Refused, Said, StateChange
from protocols.sparkplug.rebirth import Requests
from protocols.sparkplug.samples import BD_SEQ, Definition, Sample, integer_of, samples, stands_alone
from protocols.sparkplug.sequence import Heard, Sequence
from protocols.sparkplug.topic import Descriptor, MessageType
from protocols.sparkplug.values import Metric
from protocols.vocabulary.errors import ProtocolError

_SHOWN: Final = 20
"""Lines of one refusal."""


class NodeSession:
    """Sparkplug 3.0, chapter Operational Behavior, for one edge node; told of every message of it.

    Data of metrics that no birth announced is given as far as it stands alone (a name, a datatype), and the births are
    asked for: an edge node that cannot be asked is understood all the same.
    """

    def __init__(self, node: Descriptor, ledger: Ledger) -> None:
        self.node = node
        self.online = False
        self.heard_s = 0.0
        """When it said something last."""
        self.requests = Requests(ledger.limits)
        self._ledger = ledger
        self._births = Births()
        self._devices: dict[str, bool] = {}
        """Whether each is online, of all that were heard of."""
        self._awaited: set[str] = set()
        """Devices that were online before the edge node was born again, and have to be born again too."""
        self._bd_seq: int | None = None
        self._asked_for_bd_seq = False
        self._sequence = Sequence(ledger)

    @property
    def due_s(self) -> float | None:
        """When it wants to be woken."""
        return min((due for due in (self._sequence.due_s, self.requests.due_s) if due is not None), default=None)

    def receive(self, heard: Heard) -> list[Said]:
        """A message of it came."""
        self.heard_s = heard.at_s
        match heard.topic.type:
            case MessageType.NBIRTH:
                return list(self._born(heard))
            case MessageType.NDEATH:
                return list(self._died(heard))
            case _:
                return list(self._sequenced(heard))

    def wake(self, now_s: float) -> list[Said]:
        """Time passed: give up what was waited for too long."""
        due_s = self._sequence.due_s
        return [] if due_s is None or now_s < due_s else list(self._give_up())

    def forget(self) -> list[Said]:
        """It has to give way: what it holds is given up and its room is free."""
        said = list(self._read_all(self._sequence.give_up()))
        self._clear_births()
        return said

    def _sequenced(self, heard: Heard) -> Iterator[Said]:
        if not self.online and heard.topic.type in (MessageType.NDATA, MessageType.DDATA):
            self._ledger.counters["data_before_birth"] += 1
            self.requests.want()
        yield from self._read_all(self._sequence.place(heard))
        if self._sequence.began_anew():
            self._ledger.counters["sequence_restarts"] += 1
            self.requests.want()
        if self._sequence.is_full:
            yield from self._give_up()

    def _give_up(self) -> Iterator[Said]:
        self._ledger.counters["gaps" if self.online else "never_born"] += 1
        self.requests.want()
        yield from self._read_all(self._sequence.give_up())

    def _read_all(self, messages: Iterable[Heard]) -> Iterator[Said]:
        for heard in messages:
            match heard.topic.type:
                case MessageType.DBIRTH if self.online:
                    yield from self._device_born(heard)
                case MessageType.DDEATH:
                    yield from self._device_died(heard)
                case _:
                    yield from self._data(heard)

    # births and deaths

    def _born(self, heard: Heard) -> Iterator[Said]:
        payload = heard.payload
        bd_seq = _bd_seq(heard)
        if bd_seq is None:
            self._ledger.counters["birth_without_bdseq"] += 1
        follow = self._sequence.followers(payload.seq)
        yield from self._read_all(self._sequence.give_up(follow))
        if self.online and bd_seq != self._bd_seq:
            yield from self._devices_gone("its edge node began a new session", None)
        self._clear_births()
        if not self._announce("", heard):
            yield self._too_many(heard)
            yield from self._gone("its birth was refused", payload.timestamp)
            return
        self._awaited = {device for device, online in self._devices.items() if online}
        if not self.online:
            yield StateChange(self.node, online=True, time=payload.timestamp, why="NBIRTH")
        self.online, self._bd_seq = True, bd_seq
        self.requests.satisfied()
        if bd_seq is None and not self._asked_for_bd_seq:
            # once only: an edge node that does not know it would be born again without it for ever
            self._asked_for_bd_seq = True
            self.requests.want()
        yield from self._told(heard, born=True)
        yield from self._read_all(self._sequence.begin(payload.seq))

    def _died(self, heard: Heard) -> Iterator[Said]:
        counters = self._ledger.counters
        if heard.payload.seq is not None:
            counters["death_with_seq"] += 1
        if not self.online:
            counters["death_while_offline"] += 1
        elif self._bd_seq is not None and _bd_seq(heard) != self._bd_seq:
            counters["stale_deaths"] += 1
        else:
            yield from self._read_all(self._sequence.give_up())
            yield from self._gone("NDEATH", None)

    def _gone(self, why: str, time: int | None) -> Iterator[Said]:
        yield from self._devices_gone(f"its edge node: {why}", time)
        if self.online:
            yield StateChange(self.node, online=False, time=time, why=why)
        self.online = False
        self._clear_births()
        self._sequence.expected = None
        self.requests.satisfied()

    def _device_born(self, heard: Heard) -> Iterator[Said]:
        device = heard.topic.source.device
        known = device in self._devices or len(self._devices) < self._ledger.limits.devices
        if not known or not self._announce(device, heard):
            yield self._too_many(heard)
            return
        self._awaited.discard(device)
        if not self._devices.get(device):
            yield StateChange(heard.topic.source, online=True, time=heard.payload.timestamp, why="DBIRTH")
        self._devices[device] = True
        yield from self._told(heard, born=True)

    def _device_died(self, heard: Heard) -> Iterator[Said]:
        source = heard.topic.source
        if not self._devices.get(source.device):
            self._ledger.counters["death_while_offline"] += 1
            return
        self._devices[source.device] = False
        self._awaited.discard(source.device)
        self._account(lambda: self._births.forget(source.device))
        yield StateChange(source, online=False, time=heard.payload.timestamp, why="DDEATH")

    def _devices_gone(self, why: str, time: int | None) -> Iterator[Said]:
        for device, online in self._devices.items():
            if online:
                self._devices[device] = False
                yield StateChange(self.node._replace(device=device), online=False, time=time, why=why)

    # data

    def _data(self, heard: Heard) -> Iterator[Said]:
        if self.online and self._awaited:
            # all births stand before all data: what was not announced again is not there any more
            for device in sorted(self._awaited):
                self._devices[device] = False
                source = self.node._replace(device=device)
                yield StateChange(source, online=False, time=heard.payload.timestamp, why="not announced again")
            self._awaited.clear()
        yield from self._told(heard, born=False)

    def _told(self, heard: Heard, *, born: bool) -> Iterator[Said]:
        """What the metrics of a message say, and which of them say nothing."""
        found: list[Sample] = []
        lines: list[str] = []
        source = heard.topic.source
        for metric in heard.payload.metrics:
            try:
                definition = self._definition(source.device, metric)
                found += samples(source, definition, metric, heard.payload.timestamp)
            except ProtocolError as error:
                lines.append(f"{metric.label}: {error}")
        if found:
            yield Measured(source, tuple(found), heard.came.time, born)
        if lines:
            self._ledger.counters["metrics_refused"] += len(lines)
            more = len(lines) - _SHOWN
            yield Refused(source, (*lines[:_SHOWN], *([f"and {more} more"] if more > 0 else [])))

    def _definition(self, device: str, metric: Metric) -> Definition:
        """What is known of a metric.

        :raises ProtocolError: nothing, and it does not say enough itself.
        """
        if metric.name is not None:
            known = self._births.by_name(device, metric.name)
        elif metric.alias is not None:
            known = self._births.by_alias(device, metric.alias)
        else:
            raise ProtocolError("neither name nor alias")
        if known is AMBIGUOUS:
            raise ProtocolError("the birth gave this alias to two metrics")
        if known is not None:
            return known
        self._ledger.counters["unknown_metrics"] += 1
        self.requests.want()
        if not stands_alone(metric):
            raise ProtocolError("no birth announced it")
        return Definition.of(metric)

    # room

    def _announce(self, device: str, heard: Heard) -> bool:
        """Whether there is room for what is announced."""
        metrics = heard.payload.metrics
        room = self._ledger.limits.metrics - self._ledger.metrics + self._births.of(device)
        if len(metrics) > room:
            return False
        conflicts = self._births.conflicts
        self._account(lambda: self._births.announce(device, metrics))
        self._ledger.counters["alias_conflicts"] += self._births.conflicts - conflicts
        return True

    def _too_many(self, heard: Heard) -> Refused:
        self._ledger.counters["over_limit"] += 1
        limits = self._ledger.limits
        line = (
            f"{heard.topic.type}: no room: at most {limits.devices} devices, {limits.metrics} metrics of all together"
        )
        return Refused(heard.topic.source, (line,))

    def _clear_births(self) -> None:
        self._account(self._births.clear)

    def _account(self, change: Callable[[], None]) -> None:
        before = len(self._births)
        change()
        self._ledger.metrics += len(self._births) - before


def _bd_seq(heard: Heard) -> int | None:
    return next((integer_of(metric) for metric in heard.payload.named(BD_SEQ)), None)
