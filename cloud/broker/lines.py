"""Which lines to the broker a process has, by its part in the cloud."""

import secrets as random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from cloud.broker.accounts import CLOUD_USER
from cloud.broker.line import Endpoint, Inbound, Line
from cloud.broker.pull import GROUP, PullConsumer
from cloud.broker.session import BrokerSession
from cloud.ingest.notes import TOPIC
from protocols.vocabulary import Clock
from protocols.vocabulary.topics import SENML, UP_BATCH, UP_EVENT, UP_RESULT, UP_STATUS, topic


class Role(Enum):
    """What a process does; the value is what the configuration says."""

    ALL = "all"
    INGEST = "ingest"
    """One of several workers, who share what gateways send."""
    API = "api"
    """The one beside workers that answers people, keeps alarms and gives commands."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Sessions that are not open yet."""

    uplink: BrokerSession
    """What is published goes out here."""
    intakes: dict[str, Line]
    """Where readings come in: name for people -> line."""
    notes: BrokerSession | None = None
    """What workers say that they have committed; kept by the broker while nobody takes it."""
    every: dict[str, Line] = field(init=False)

    def __post_init__(self) -> None:
        every: dict[str, Line] = {"uplink": self.uplink, **self.intakes}
        if self.notes is not None:
            every["notes"] = self.notes
        object.__setattr__(self, "every", every)


def lines_of(  # noqa: PLR0913 - the lines of every part
    role: Role,
    mqtt: Endpoint,
    nats: Endpoint | None,
    doors: Sequence[tuple[str, int]],
    receive: Callable[[Inbound], None],
    clock: Clock,
) -> Lines:
    """The lines of a process.

    :param doors: subscriptions of others' topics, which one process alone has.
    :param nats: of a broker that is nats-server, where workers share a JetStream consumer; None: they share what comes
        by MQTT 5.
    """
    if role is Role.ALL:
        uplink = BrokerSession(mqtt, f"{CLOUD_USER}-uplink", [*_READINGS, *_OTHERS], receive, clock)
        door = BrokerSession(mqtt, f"{CLOUD_USER}-door", [*_DOOR, *doors], receive, clock, clean=False)
        return Lines(uplink, {"uplink": uplink, "open door": door})
    if role is Role.API:
        uplink = BrokerSession(mqtt, f"{CLOUD_USER}-uplink", _OTHERS, receive, clock)
        notes = BrokerSession(mqtt, f"{CLOUD_USER}-notes", [(TOPIC, 1)], receive, clock, clean=False)
        if not doors:
            return Lines(uplink, {}, notes)
        door = BrokerSession(mqtt, f"{CLOUD_USER}-door", doors, receive, clock, clean=False)
        return Lines(uplink, {"open door": door}, notes)
    name = f"{CLOUD_USER}-{random.token_hex(4)}"
    intake: Line
    if nats is None:
        intake = BrokerSession(mqtt, f"{name}-share", [*_READINGS, *_DOOR], receive, clock, group=GROUP)
    else:
        kept = [one for one, _ in (*_READINGS, *_DOOR)]
        intake = PullConsumer(nats, kept, [one for one, _ in _DOOR], receive, clock)
    return Lines(BrokerSession(mqtt, name, (), receive, clock), {"readings": intake})


_READINGS = [(topic("+", leaf), 1) for leaf in (UP_BATCH, UP_EVENT)]
_OTHERS = [(topic("+", leaf), 1) for leaf in (UP_STATUS, UP_RESULT)]
_DOOR = [(topic("+", SENML), 1)]
