"""OSCORE (RFC 8613): what a device says under its own security context, opened and sealed around CoAP.

Needs the extra ``yingzhou[oscore]``. Of aiocoap only the contexts are used: its own site and client also load EDHOC.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aiocoap import error, oscore

from edge.coap.secured import Opened, SecuredRemote
from protocols.vocabulary import ConfigError

FILES: Final = ("settings.json", "secret.json")


class Contexts:
    """The security contexts of the devices that have one, each a folder of aiocoap's form.

    :param folders: name -> folder with settings.json and secret.json.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = dict(folders)
        self._contexts: dict[str, Any] = {}

    def load(self) -> None:
        """Open them all; each is locked until :meth:`close`.

        :raises ConfigError: one is not there, malformed, in use, or may be read by others.
        """
        for name, folder in self._folders.items():
            _check_modes(folder)
            try:
                self._contexts[name] = oscore.FilesystemSecurityContext(str(folder))
            except (OSError, ValueError, TimeoutError, LookupError) as wrong:
                self.close()
                raise ConfigError(f"{folder}: no OSCORE context: {wrong}") from None

    def close(self) -> None:
        """Write sequence numbers down, and give the folders free."""
        for context in self._contexts.values():
            context._destroy()  # noqa: SLF001 - aiocoap has no other way to close one
        self._contexts.clear()

    def opened(self, request: Any) -> Opened:
        """A request as it was meant.

        :raises aiocoap.error.RenderableError: what to answer instead, unprotected (RFC 8613 §8.2).
        """
        try:
            name, context = self._of(oscore.verify_start(request))
            message, request_id = context.unprotect(request)
        except error.RenderableError:
            raise
        except oscore.ReplayError:
            raise error.Unauthorized("replay detected") from None
        except oscore.DecodeError:
            raise error.BadOption("OSCORE option") from None
        except (oscore.ProtectionInvalid, oscore.NotAProtectedMessage):
            raise error.BadRequest("decryption failed") from None
        message.remote = SecuredRemote(name, context, request.remote)
        return Opened(message, name, lambda answer: context.context_for_response().protect(answer, request_id)[0])

    def _of(self, unprotected: Any) -> tuple[str, Any]:
        for name, context in self._contexts.items():
            found = context.get_oscore_context_for(unprotected)
            if found is not None:
                return name, found
        raise error.Unauthorized("security context not found")


def _check_modes(folder: Path) -> None:
    found = [folder / name for name in FILES if (folder / name).exists()]
    if not found:
        raise ConfigError(f"{folder}: expected settings.json, secret.json or both")
    for path in found:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise ConfigError(f"{path}: mode {mode & 0o777:04o}: expected 0600, for nobody but its owner")
