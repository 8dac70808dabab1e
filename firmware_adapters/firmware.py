"""Which firmware a device model's rows hold for: versions from one on and before another."""

import re
from dataclasses import dataclass
from typing import Final

Version = tuple[int, ...]

_NUMBERS: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_MOST: Final = 64


def version_of(text: str) -> Version:
    """The numbers of a version, as they are compared: ``V2.03`` is 2, 3, and so is ``2.3.0``; letters say nothing.

    :raises ValueError: there is no number in it.
    """
    numbers = [int(found) for found in _NUMBERS.findall(text)] if len(text) <= _MOST else []
    if not numbers:
        raise ValueError(f"firmware {text[:_MOST]!r}: expected numbers, as in 2.3")
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class Firmware:
    """A range of versions, open where nothing is said; both ends open: all versions (``ANY``).

    :raises ValueError: an end is no version, or nothing lies between them.
    """

    first: str = ""
    """The first version that the rows hold for."""
    before: str = ""
    """The first that they do not hold for any more."""

    def __post_init__(self) -> None:
        low, high = self.low, self.high
        if high is not None and low >= high:
            raise ValueError(f"firmware from {self.first or 'the first'} to before {self.before}: there is none")

    @property
    def low(self) -> Version:
        """Where it begins."""
        return version_of(self.first) if self.first else ()

    @property
    def high(self) -> Version | None:
        """Where it is over; None: nowhere."""
        return version_of(self.before) if self.before else None

    @property
    def is_any(self) -> bool:
        """Whether all versions are in it."""
        return not self.first and not self.before

    def holds(self, version: str) -> bool:
        """Whether a version is in it.

        :raises ValueError: it is none.
        """
        return self.low <= version_of(version) and (self.high is None or version_of(version) < self.high)

    def overlaps(self, other: "Firmware") -> bool:
        """Whether a version may be in both."""
        return (self.high is None or other.low < self.high) and (other.high is None or self.low < other.high)

    def __str__(self) -> str:
        if self.is_any:
            return "any"
        ends = (f"from {self.first}" if self.first else "", f"before {self.before}" if self.before else "")
        return " ".join(filter(None, ends))


ANY: Final = Firmware()
