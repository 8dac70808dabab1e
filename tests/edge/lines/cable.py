"""Serial cables without hardware: pseudo-terminals whose other end a test holds."""

import asyncio
import os
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Plug:
    """A serial port at ``path``; what is written to it comes to ``hear``, and ``say`` is what it reads.

    :param path: a link that leads to the port, as udev makes them; it stays the same when the plug is put in again.
    """

    def __init__(self, path: Path, hear: Callable[[bytes], object] = lambda _: None) -> None:
        self.path = str(path)
        self.hear = hear
        self._link = path
        self._ours: int | None = None
        self._theirs: int | None = None

    def put_in(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self._link.symlink_to(os.ttyname(self._theirs))
        asyncio.get_running_loop().add_reader(self._ours, self._readable)

    def pull(self) -> None:
        if self._ours is None or self._theirs is None:
            return
        self._link.unlink()
        asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._theirs)
        os.close(self._ours)
        self._ours = self._theirs = None

    def say(self, data: bytes) -> None:
        if self._ours is not None:
            os.write(self._ours, data)

    def _readable(self) -> None:
        assert self._ours is not None
        self.hear(os.read(self._ours, 4096))


@contextmanager
def plug(path: Path, hear: Callable[[bytes], object] = lambda _: None) -> Iterator[Plug]:
    one = Plug(path, hear)
    one.put_in()
    try:
        yield one
    finally:
        one.pull()


@contextmanager
def cable(folder: Path) -> Iterator[tuple[Plug, Plug]]:
    """Two ports with a cable between them: ``near`` for us, ``far`` for a program of somebody else's."""
    with plug(folder / "near") as near, plug(folder / "far") as far:
        near.hear, far.hear = far.say, near.say
        yield near, far
