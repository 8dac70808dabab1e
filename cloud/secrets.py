"""The installation's secrets: files that only the service user reads, and keys derived from one master key."""

import hmac
import os
import secrets as random
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cloud.disk import to_disk
from protocols.vocabulary import ConfigError
from protocols.vocabulary.identity import CROCKFORD

MASTER_KEY: Final = "master-key"
ADMIN_API_KEY: Final = "admin-api-key"
_MASTER_BYTES: Final = 32
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What DATA/secrets holds; its text form shows nothing of it."""

    admin_api_key: str
    """The key that the owner of the machine reads from the file; it is printed nowhere."""
    _master: bytes

    @classmethod
    def open(cls, folder: Path, *, make: bool = True) -> Self:
        """Read the secrets; make folder (0700) and files (0600) when they are not there yet.

        :param make: False: they are somebody else's to make; others of our own would make every gateway a stranger.
        :raises ConfigError: folder or file may be read by group or world, belongs to somebody else, or is damaged.
        """
        if not make and not (folder / MASTER_KEY).is_file():
            raise ConfigError(f"{folder / MASTER_KEY}: not there; a worker needs that of the process with the API")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check(folder)
        master = _read_or_make(folder / MASTER_KEY, random.token_bytes(_MASTER_BYTES).hex())
        admin = _read_or_make(folder / ADMIN_API_KEY, new_api_key())
        try:
            key = bytes.fromhex(master)
        except ValueError:
            key = b""
        if len(key) != _MASTER_BYTES:
            raise ConfigError(f"{folder / MASTER_KEY}: expected {_MASTER_BYTES} bytes in hexadecimal; restore a backup")
        if not admin.startswith("yz_"):
            raise ConfigError(f"{folder / ADMIN_API_KEY}: no API key; remove the file to have a new one made")
        return cls(admin, key)

    def derive(self, purpose: str, name: str, version: int) -> bytes:
        """A key of 32 bytes for one purpose, HMAC-SHA256 of the master key: the same whenever it is asked for."""
        parts = (purpose.encode(), name.encode(), str(version).encode())
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._master, message, "sha256")

    def __repr__(self) -> str:
        return "Secrets(...)"


def new_api_key() -> str:
    """A fresh API key: ``yz_``, 8 characters to find it by, ``_``, 160 random bits."""
    letters = "".join(random.choice(CROCKFORD) for _ in range(40))
    return f"yz_{letters[:8]}_{letters[8:]}"


def _read_or_make(path: Path, content: str) -> str:
    """The file's text; a file that is not there is made whole or not at all, and survives a power cut."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its secret counts
            os.link(draft, path)
        draft.unlink()
        to_disk(path.parent)
    _check(path)
    return path.read_text(encoding="ascii", errors="replace").strip()


def _check(path: Path) -> None:
    found = path.stat()
    if found.st_mode & _OTHERS:
        mode, right = stat.S_IMODE(found.st_mode), 0o700 if path.is_dir() else 0o600
        raise ConfigError(f"{path}: mode {mode:04o} lets others in; chmod {right:04o} it")
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path}: belongs to user {found.st_uid}, not to this process's user {os.geteuid()}")
