"""A request's line and headers have a bound: the parser alone keeps whatever comes, from whomever."""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD: Final = 64 << 10
"""Bytes; what one read from the socket brings may come on top."""


class BoundedHead(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 that answers 400 and hangs up when a head does not come to its end."""

    _in_head = False
    _received = 0

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._received = True, 0
        super().on_message_begin()

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
