"""An envelope of events: each event to its place, or into quarantine alone."""

from cloud.ingest.parcel import Prepared, Source
from cloud.registry.directory import Directory, Refusal
from cloud.registry.events import Arrived
from cloud.registry.quarantine import Suspect
from protocols.uplink import Header, decode_events, expand
from protocols.vocabulary import Event
from protocols.vocabulary.topics import topic


def take_events(  # noqa: PLR0913 - the parts of one envelope
    envelope: bytes, header: Header, directory: Directory, now_ms: int, into: Prepared, *, ahead_ms: int
) -> None:
    """Add the events of a checked envelope to what is to be written.

    :param ahead_ms: how far an event may be ahead of our clock.
    :raises ProtocolError: the body is none.
    """
    refused: dict[str, list[Event]] = {}
    for place, event in enumerate(decode_events(expand(envelope, header), header.readings)):
        owner = None if event.source == header.gateway else directory.owned(header.gateway, event.source)
        if isinstance(owner, Refusal):
            refused.setdefault(owner.value, []).append(event)
        elif event.time > now_ms + ahead_ms:
            refused.setdefault("future", []).append(event)
        else:
            into.events.append(
                Arrived(header.gateway, header.epoch, header.sequence, place, now_ms, header.late, owner, event)
            )
    into.suspects += [_suspect(envelope, header, reason, events, now_ms) for reason, events in refused.items()]


def _suspect(envelope: bytes, header: Header, reason: str, events: list[Event], now_ms: int) -> Suspect:
    """Some events of an envelope; the whole of it is kept, so that a replay finds each event in its own place."""
    sources = sorted({event.source for event in events})
    shown = ", ".join(sources[:5]) + (f" and {len(sources) - 5} more" if len(sources) > 5 else "")
    return Suspect(
        received_ms=now_ms,
        gateway=header.gateway,
        topic=topic(header.gateway, header.stream.leaf),
        reason=reason,
        detail=f"{len(events)} events of {shown}",
        source=Source.REMAINDER.value,
        payload=envelope,
        dedupe=f"{header.gateway}/events/{header.epoch}/{header.sequence}/{reason}",
    )
