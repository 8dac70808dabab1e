"""A request's line and headers have a bound: the parser alone keeps whatever comes, from whomever."""

import socket
import struct
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD: Final = 64 << 10
"""Bytes; what one read from the socket brings may come on top."""
HANG_UP: Final = "yingzhou.hang_up"
"""ASGI extension: its ``call`` ends the connection at once, whatever is still to be sent."""


class BoundedHead(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 that answers 400 and hangs up when a head does not come to its end."""

    _in_head = False
    _received = 0

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._received = True, 0
        super().on_message_begin()
        self.scope["extensions"] = {HANG_UP: {"call": self._hang_up}}

    def on_headers_complete(self) -> None:
        """It is complete."""
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Count what is nothing but head."""
        was_in_head = self._in_head
        super().data_received(data)
        if was_in_head and self._in_head:
            self._received += len(data)
            if self._received > MAX_HEAD and not self.transport.is_closing():
                self.send_400_response(f"The request's head is longer than {MAX_HEAD} bytes.")

    def _hang_up(self) -> None:
        """By a reset: the kernel, too, forgets what it was to send."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
