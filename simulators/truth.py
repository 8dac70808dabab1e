"""What the devices truly said, line by line, for whoever compares the far end with it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Literal, NamedTuple, Self

Event = Literal["answered", "sent", "acknowledged", "obeyed", "began", "ended"]


class Said(NamedTuple):
    """One value that one device put on its wire."""

    device: str
    """The device's name in the configuration."""
    hardware: str
    """``scheme:value``."""
    observed: str
    time: int | None
    """The observed time that the device gave, ms UTC; None when its wire carries none."""
    value: float
    """In the observed property's unit, out of the digits or registers as they were sent."""
    event: Event
    """``answered`` a question; ``sent`` for the first time; ``acknowledged`` by the other end (an obligation);
    ``obeyed``: it was told to take this value, and did; a fault ``began`` or ``ended``."""
    at: int
    """When it was said by the machine's clock, ms UTC."""
    fault: str = ""
    """Which faults of values and clock were on when it was measured, joined by ``+``; of ``began`` and ``ended``: which
    fault did, with its size as the value and the instant as the time."""


Witness = Callable[[Sequence[Said]], None]
"""Is told what devices say, in the order in which they say it."""

_FIELDS: Final = Said._fields


class TruthFile:
    """A witness that appends one JSON object per value; written through at once, so that a killed island has told all.

    :raises OSError: the file cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._file = self._path.open("ab", buffering=0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __call__(self, said: Sequence[Said]) -> None:
        if self._file is None:
            raise ValueError(f"{self._path} is not open")
        lines = [json.dumps(dict(zip(_FIELDS, one, strict=True)), ensure_ascii=False) for one in said]
        self._file.write("".join(f"{line}\n" for line in lines).encode())
