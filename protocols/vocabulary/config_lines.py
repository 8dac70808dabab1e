"""Where in a TOML text a key stands, for error messages: the standard library's reader keeps no lines (TOML 1.0)."""

import re
from collections.abc import Sequence
from typing import Final

Path = tuple[str | int, ...]

_KEY_PART: Final = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')[ \t]*""")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'", re.DOTALL
)
_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE: Final = re.compile(r"[^,\]}\n#]*")
_LINE_REST: Final = re.compile(r"[^\n]*\n?")


def line_of(text: str, path: Sequence[str | int]) -> int:
    """One answer of Lines."""
    return Lines(text).of(path)


class Lines:
    """One pass over the text that notes each key's and each array element's line.

    :param text: what the TOML reader accepted; for other text the answers are guesses.
    """

    def __init__(self, text: str) -> None:
        self.known: dict[Path, int] = {(): 1}
        self._text = text
        self._at = 0
        self._line_at = (0, 1)
        self._arrays: dict[Path, int] = {}
        table: Path = ()
        while self._skip(_BLANK) < len(text):
            table = self._statement(table)

    def of(self, path: Sequence[str | int]) -> int:
        """The line, counted from 1, of a key or of the nearest thing around it.

        :param path: keys, and indexes of arrays (of tables, too), as ``("link", 0, "port")``. A part that is not in the
            text is passed over: a checker may name alternatives that nobody wrote, and a missing key has no line.
        """
        here: Path = ()
        for part in path:
            if (*here, part) in self.known:
                here = (*here, part)
        return self.known[here]

    def _statement(self, table: Path) -> Path:
        """One header or one key with its value; returns the table that what follows belongs to."""
        line = self._line()
        if self._text[self._at] == "[":
            double = self._text.startswith("[[", self._at)
            self._at += 2 if double else 1
            table = self._header(self._key(), line, double=double)
            self._skip(_LINE_REST)
            return table
        self._pair(table, line)
        self._skip(_LINE_REST)
        return table

    def _header(self, keys: list[str], line: int, *, double: bool) -> Path:
        table: Path = ()
        for number, key in enumerate(keys, 1):
            table = (*table, key)
            self.known.setdefault(table, line)
            if double and number == len(keys):
                self._arrays[table] = self._arrays.get(table, -1) + 1
            if table in self._arrays:
                table = (*table, self._arrays[table])
                self.known.setdefault(table, line)
        return table

    def _pair(self, table: Path, line: int) -> None:
        for key in self._key():
            table = (*table, key)
            self.known.setdefault(table, line)
        if self._text.startswith("=", self._at):
            self._at += 1
        self._value(table)

    def _value(self, path: Path) -> None:
        while self._text[self._at : self._at + 1] in {" ", "\t"}:
            self._at += 1
        first = self._text[self._at : self._at + 1]
        if first in {"[", "{"}:
            self._at += 1
            self._elements(path, "]" if first == "[" else "}")
        elif (match := _STRING.match(self._text, self._at)) is not None:
            self._at = match.end()
        else:
            self._skip(_BARE)

    def _elements(self, path: Path, end: str) -> None:
        number = 0
        while self._skip(_BLANK) < len(self._text):
            before = self._at
            if self._text[self._at] == end:
                self._at += 1
                return
            if end == "]":
                self.known.setdefault((*path, number), self._line())
                self._value((*path, number))
            else:
                self._pair(path, self._line())
            self._skip(_BLANK)
            if self._text.startswith(",", self._at):
                self._at += 1
                number += 1
            elif self._at == before:
                return  # no TOML: leave the rest of the line to the caller

    def _key(self) -> list[str]:
        parts = []
        while (match := _KEY_PART.match(self._text, self._at)) is not None:
            self._at = match.end()
            parts.append(next(group for group in match.groups() if group is not None))
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return parts

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match is not None else self._at
        return self._at

    def _line(self) -> int:
        at, line = self._line_at
        self._line_at = (self._at, line + self._text.count("\n", at, self._at))
        return self._line_at[1]
