"""paho's MQTT client, taking as much from its socket at once as there is."""

from typing import Any, Final

from paho.mqtt.client import Client

AT_ONCE: Final = 1 << 18
"""Bytes."""


class ReadAheadClient(Client):
    """paho asks its socket four times for every message, and lets other threads go first each time.

    ``_sock_recv`` is paho's only way to its socket's bytes; that it stays so is tested with real brokers.
    """

    def __init__(self, *args: Any, **others: Any) -> None:
        super().__init__(*args, **others)
        self._ahead = b""
        self._at = 0

    @property
    def pending(self) -> bool:
        """Bytes were taken that no packet has been made of: the socket does not become readable for their sake."""
        return self._at < len(self._ahead)

    def forget(self) -> None:
        """What was taken of an earlier connection."""
        self._ahead, self._at = b"", 0

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._at >= len(self._ahead):
            self.forget()  # before it is asked, which may raise
            self._ahead = super()._sock_recv(AT_ONCE)
        begin = self._at
        self._at = min(begin + bufsize, len(self._ahead))
        return self._ahead[begin : self._at]
