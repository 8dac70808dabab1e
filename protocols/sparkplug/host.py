"""A host application without I/O: every message that came in, what was learned and what is to be sent out."""

from collections import Counter
from typing import Final

from protocols.conversation import Send
from protocols.sparkplug.node import NodeSession
from protocols.sparkplug.outcomes import Ledger, Limits, Published, Refused, Said
from protocols.sparkplug.payload import decode
from protocols.sparkplug.rebirth import rebirth_request
from protocols.sparkplug.sequence import Heard
from protocols.sparkplug.state import State, decode_state, encode_state
from protocols.sparkplug.topic import Descriptor, MessageType, StateTopic, parse_topic

SUBSCRIPTIONS: Final = ("spBv1.0/#",)
"""What a host has to hear; its own STATE is in it."""


class Host:
    """Both what the standard calls a host application and what keeps it from being flooded.

    A protocols.conversation.Conversation of :class:`Published`: it is handed messages as they came, with the moment in
    UTC ms, and the monotonic time beside them. What is malformed is raised, changes nothing, and is for the caller to
    count and to keep.

    :param host_id: its name in ``spBv1.0/STATE/<host_id>``; None: it has no STATE, which only a primary host needs.
    :param started: UTC ms; the timestamp that its will and its birth have in common.
    """

    def __init__(self, limits: Limits | None = None, host_id: str | None = None, started: int = 0) -> None:
        self._ledger = Ledger(limits or Limits())
        self._nodes: dict[Descriptor, NodeSession] = {}
        self._restless: set[Descriptor] = set()
        """Those that want to be woken."""
        self._state_topic = None if host_id is None else StateTopic(host_id)
        self._started = started
        self._clock = (0.0, 0)
        """Monotonic s and UTC ms of the same moment, of the newest message."""

    @property
    def counters(self) -> Counter[str]:
        """What was tolerated, refused or given up, by kind."""
        return self._ledger.counters

    @property
    def nodes(self) -> dict[Descriptor, bool]:
        """The edge nodes that were heard of, and whether each is online."""
        return {node: session.online for node, session in self._nodes.items()}

    @property
    def waiting_bytes(self) -> int:
        """Of payloads that wait for the one before them, in all."""
        return self._ledger.waiting_bytes

    @property
    def due_s(self) -> float | None:
        """When it wants to be woken."""
        dues = (self._nodes[node].due_s for node in self._restless)
        return min((due for due in dues if due is not None), default=None)

    def will(self) -> Published | None:
        """The will of the connection: STATE offline, to be registered before the birth is published."""
        return self._state(online=False)

    def birth(self) -> Published | None:
        """STATE online, to be published when the subscriptions stand."""
        return self._state(online=True)

    def receive(self, frame: Published, now_s: float) -> list[Said]:
        """A message came.

        :raises ProtocolError: its topic or its payload is malformed.
        """
        self._clock = now_s, frame.time
        topic = parse_topic(frame.topic)
        if isinstance(topic, StateTopic):
            return self._heard_state(topic, decode_state(frame.payload))
        heard = Heard(topic, decode(frame.payload), frame, now_s)
        node = topic.source.node
        if topic.type in (MessageType.NCMD, MessageType.DCMD):
            self._ledger.counters["commands"] += 1
            return []
        if topic.type is MessageType.NDEATH and node not in self._nodes:
            self._ledger.counters["death_while_offline"] += 1
            return []
        said: list[Said] = []
        session = self._nodes.get(node)
        if session is None:
            if not self._make_room(said):
                self._ledger.counters["over_limit"] += 1
                line = f"no room for one more edge node: at most {self._ledger.limits.nodes}"
                return [*said, Refused(topic.source, (line,))]
            session = self._nodes[node] = NodeSession(node, self._ledger)
        said += session.receive(heard)
        return said + self._settle(session, now_s)

    def wake(self, now_s: float) -> list[Said]:
        """Time passed: give up what did not come, send the requests that had to wait."""
        said: list[Said] = []
        for node in sorted(self._restless):
            session = self._nodes[node]
            said += session.wake(now_s)
            said += self._settle(session, now_s)
        return said

    def ask_rebirth(self, node: Descriptor, now_s: float) -> list[Said]:
        """The operator, or a restarted host, wants the births of an edge node that was heard of; not too often."""
        session = self._nodes.get(node)
        if session is None:
            return []
        session.requests.want()
        return self._settle(session, now_s)

    def _settle(self, session: NodeSession, now_s: float) -> list[Said]:
        """Send the request that the session wants, and remember whether it wants to be woken."""
        said: list[Said] = []
        if session.requests.take(now_s):
            self._ledger.counters["rebirth_requests"] += 1
            then_s, then = self._clock
            said.append(Send(rebirth_request(session.node, then + round((now_s - then_s) * 1000))))
        (self._restless.discard if session.due_s is None else self._restless.add)(session.node)
        return said

    def _make_room(self, said: list[Said]) -> bool:
        """Whether one more edge node may be known; the one that is offline and silent for longest gives way."""
        if len(self._nodes) < self._ledger.limits.nodes:
            return True
        offline = [session for session in self._nodes.values() if not session.online]
        if not offline:
            return False
        oldest = min(offline, key=lambda session: session.heard_s)
        said += oldest.forget()
        del self._nodes[oldest.node]
        self._restless.discard(oldest.node)
        self._ledger.counters["nodes_forgotten"] += 1
        return True

    def _heard_state(self, topic: StateTopic, state: State) -> list[Said]:
        """Its own STATE offline is an old will that came late: say again that it is online."""
        own = self._state_topic
        if own is None or topic.host != own.host or state.online:
            return []
        self._ledger.counters["own_state_offline"] += 1
        again = self._state(online=True)
        return [] if again is None else [Send(again)]

    def _state(self, *, online: bool) -> Published | None:
        if self._state_topic is None:
            return None
        payload = encode_state(State(online, self._started))
        return Published(str(self._state_topic), payload, time=self._started, qos=1, retain=True)
