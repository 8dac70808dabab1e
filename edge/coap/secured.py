"""A peer behind a security context (OSCORE, RFC 8613): messages to it are sealed, those from it opened."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiocoap.error import Error as CoapError

from protocols.vocabulary import LinkDown


class Opened(NamedTuple):
    """A request that was protected."""

    message: Any
    name: str
    """Whose security context it was."""
    seal: Callable[[Any], Any]
    """Protects the answer."""


class Sealed(NamedTuple):
    """A request that is protected now."""

    message: Any
    open: Callable[[Any], Any]
    """Opens an answer. Raises aiocoap.oscore.ProtectionInvalid, or another error of that module."""


@dataclass(frozen=True, slots=True)
class SecuredRemote:
    """Where a device is, and the security context that it has."""

    name: str
    context: Any = field(compare=False, repr=False)
    wire: Any
    """Its address, as the socket has it."""

    @property
    def sockaddr(self) -> Any:
        """Of the address."""
        return self.wire.sockaddr

    @property
    def hostinfo(self) -> str:
        """Of the address, for people."""
        return f"{self.wire.hostinfo} by OSCORE"

    @property
    def blockwise_key(self) -> Any:
        """Blocks of one payload come under one context."""
        return self.name, self.wire.blockwise_key

    def sealed(self, message: Any) -> Sealed:
        """A request for this device.

        :raises LinkDown: the context cannot protect any more: its numbers are used up, or its folder cannot be written.
        """
        try:
            protected, request_id = self.context.protect(message)
        except (CoapError, OSError) as error:
            raise LinkDown(f"OSCORE: {error}") from None
        protected.remote = self.wire

        def opened(answer: Any) -> Any:
            plain = self.context.unprotect(answer, request_id)[0]
            plain.remote = SecuredRemote(self.name, self.context, answer.remote)
            return plain

        return Sealed(protected, opened)
