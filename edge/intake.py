"""Where readings and events are handed over: they count as taken when the future is done."""

import asyncio
from typing import Protocol

from protocols.vocabulary import Batch, Event


class Intake(Protocol):
    """What every link is given; behind it stand quality, spool and uplink."""

    def put(self, batch: Batch) -> "asyncio.Future[None]":
        """Hand over readings. Never blocks, never raises for a full buffer (the spool's policy decides and counts).

        The future is done once the readings are on disk (group commit, at most 200 ms later). A link whose wire has
        an acknowledgement (HJ 212 9014, CoAP 2.04) answers only then; it fails when the disk refused (the link must
        then not acknowledge). A poller may ignore it.
        """
        ...


class EventSink(Protocol):
    """Where events go; the spool's intake is one (edge.spool.gather)."""

    def note(self, event: Event) -> "asyncio.Future[None]":
        """Hand over an event; the future is done once it is on disk, and fails when the disk refused.

        :raises ValueError: it is longer than an event may be.
        """
        ...
