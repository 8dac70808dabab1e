"""In which content formats a device is asked, answers and is written to: learned while one talks with it."""

from typing import Any, Final

from aiocoap.numbers import codes

from edge.lwm2m import payload
from protocols.lwm2m import Node, Path, Registration
from protocols.lwm2m.content import OPAQUE, TEXT

OTHER_FORMAT: Final = (codes.BAD_OPTION, codes.NOT_ACCEPTABLE, codes.UNSUPPORTED_CONTENT_FORMAT)
"""The device does not have the content format that was asked of it."""


class Dialect:
    """Of one device, by one registration."""

    def __init__(self, registration: Registration | None) -> None:
        offered = payload.offered(registration) if registration is not None else ()
        self.accepts: tuple[int | None, ...] = (*offered, None)
        """What to ask for, in the order in which it is to be tried; None: whatever it likes."""
        self._by_version = payload.by_version(registration) if registration is not None else ()
        self._root = registration.offer.root if registration is not None else "/"
        self._speaks: tuple[int, ...] = ()
        """What it answered in: it is written to in the same, since some take any payload for text."""
        self._takes: tuple[int, ...] = ()

    def answers(self, accept: int | None) -> None:
        """It answered when it was asked for this one."""
        self.accepts = tuple(dict.fromkeys((accept, *self.accepts)))

    def takes(self, content_format: int) -> None:
        """It was written to in this one."""
        self._takes = (content_format,)

    @property
    def written(self) -> tuple[int, ...]:
        """In which to write to it, in the order in which they are to be tried."""
        tried = (*self._takes, *self._speaks, *self.accepts, *self._by_version, TEXT)
        return tuple(dict.fromkeys(one for one in tried if one not in (None, OPAQUE)))

    def understood(self, message: Any, path: Path, now_ms: int) -> list[Node]:
        """What a response says.

        :raises ProtocolError: it is malformed, or not of this path.
        """
        given = message.opt.content_format
        spoken = payload.format_of(message.payload, None if given is None else int(given), path)
        nodes = payload.read(message.payload, spoken, path, self._root, now_ms)
        if path.resource_id is not None:
            self._speaks = (spoken,)
        return nodes
