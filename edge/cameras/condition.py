"""Something that begins and ends, and is believed once several pictures in a row have said so."""

from typing import Literal

Change = Literal["begins", "ends"]


class Condition:
    """:param confirm: so many pictures in a row."""

    def __init__(self, confirm: int) -> None:
        self.holds = False
        self._confirm = confirm
        self._against = 0

    def see(self, now: bool | None) -> Change | None:
        """What a picture says, None: nothing; and what follows from it."""
        if now is None:
            return None
        self._against = 0 if now == self.holds else self._against + 1
        if self._against < self._confirm:
            return None
        self._against = 0
        self.holds = now
        return "begins" if now else "ends"
