"""Whether the process that wrote a status still lives: its number alone may have been given to another (proc(5))."""

import os
from pathlib import Path
from typing import Any, Final

_PROC: Final = Path("/proc")
_STATE: Final = 0
_BEGAN: Final = 19
"""Fields of ``stat`` behind the name: the third and the twenty-second."""
_DEAD: Final = ("Z", "X")


def own_life() -> dict[str, Any] | None:
    """What tells this process from every other one, as JSON has it; None where the system does not say."""
    pid = os.getpid()
    try:
        return {"boot": _boot(), "namespace": _namespace(), "pid": pid, "began": int(_stat(pid)[_BEGAN])}
    except (OSError, IndexError, ValueError):
        return None


def lives(life: dict[str, Any] | None) -> bool | None:
    """Whether it runs; None: nobody can tell from here, for it ran in a container, or the system does not say."""
    if life is None:
        return None
    try:
        if life["boot"] != _boot():
            return False
        if life["namespace"] != _namespace():
            return None
        fields = _stat(life["pid"])
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError:
        return None
    return fields[_STATE] not in _DEAD and int(fields[_BEGAN]) == life["began"]


def _boot() -> str:
    """Another one each time that the machine is started."""
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def _namespace() -> str:
    return str((_PROC / "self/ns/pid").readlink())


def _stat(pid: int) -> list[str]:
    """The fields behind the name, which is in parentheses and may contain anything."""
    return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
