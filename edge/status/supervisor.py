"""What systemd is told: that the agent is ready, that its loop lives, that it ends (sd_notify(3))."""

import logging
import socket
from typing import Final

log = logging.getLogger(__name__)

ENVIRONMENT: Final = "NOTIFY_SOCKET"
READY: Final = "READY=1"
ALIVE: Final = "WATCHDOG=1"
STOPPING: Final = "STOPPING=1"


class Supervisor:
    """A datagram to whoever started us with ``Type=notify``; nothing when nobody did.

    :param address: the path of its socket, ``@name`` for an abstract one; None or empty: nobody.
    """

    def __init__(self, address: str | None) -> None:
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address
        self._deaf = False

    def say(self, *states: str) -> None:
        """Never blocks; a supervisor that does not listen is told of once."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as line:
            try:
                line.sendto("\n".join(states).encode(), self._address)
                self._deaf = False
            except OSError as error:
                if not self._deaf:
                    log.warning("%s does not listen: %s", self._address, error)
                self._deaf = True
