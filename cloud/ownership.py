"""One process for each data folder: who comes second is told so before it has touched anything."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from protocols.vocabulary import ConfigError


@contextmanager
def owned(folder: Path, role: str) -> Iterator[None]:
    """Make the folder if it is not there, and be the only one in this role inside the block.

    The lock is the process's own: it ends with it, however that ends.

    :raises ConfigError: the folder cannot be made or written, or another process is in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / f"{role}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"{folder}: another {role} is running in this folder") from None
        yield
    finally:
        os.close(descriptor)
