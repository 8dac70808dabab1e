"""What doors tell that is no reading, as events of known devices; of unknown ones it is counted only."""

from collections import Counter

from cloud.ingest.parcel import Parcel, Prepared
from cloud.registry.directory import Directory
from cloud.registry.events import Arrived
from protocols.vocabulary import Event


class Notes:
    """Numbers the events of one door, which come without an envelope.

    :param door: stands for the gateway where the door knows none.
    """

    def __init__(self, door: str, directory: Directory) -> None:
        self.counts: Counter[str] = Counter()
        self._door = door
        self._directory = directory
        self._number = 0

    def take(self, event: Event, parcel: Parcel, into: Prepared) -> None:
        """Keep it when its source is known, and not too long; the arrival and a running number make it unique."""
        gateway = parcel.gateway
        owner = self._directory.owned(gateway, event.source) if gateway else self._directory.owner(event.source)
        if not isinstance(owner, str):
            self.counts["of_unknown"] += 1
            return
        try:
            event.encode()
        except ValueError:
            self.counts["too_long"] += 1
            return
        self._number += 1
        into.events.append(
            Arrived(
                gateway or self._door, event.time, self._number, 0, event.time, late=False, neuron=owner, event=event
            )
        )
