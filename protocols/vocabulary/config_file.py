"""A TOML configuration file as text and table; faults told as ``file:line: key: value: what is allowed``."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from protocols.vocabulary.config_lines import Lines
from protocols.vocabulary.errors import ConfigError

_SECRET: Final = ("password", "secret")
"""A key with one of these in its name is told without its value; so is a URL with somebody's name in it."""
_SHOWN: Final = 80


class Fault(NamedTuple):
    """One thing that is wrong."""

    keys: Sequence[str | int]
    found: object
    allowed: str
    beside: Sequence[str | int] = ()
    """Another place of the file that it does not go together with."""


class ConfigFile(NamedTuple):
    """What was read, and what its lines are needed for."""

    path: Path
    text: str
    table: dict[str, Any]

    @classmethod
    def read(cls, path: Path, max_bytes: int) -> "ConfigFile":
        """Read and parse.

        :raises ConfigError: it cannot be read, is longer than ``max_bytes``, is no UTF-8 or no TOML.
        """
        try:
            if path.stat().st_size > max_bytes:
                raise ConfigError(f"{path}: more than {max_bytes} bytes")
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: no UTF-8 at byte {error.start}") from None
        return cls.parse(path, text)

    @classmethod
    def parse(cls, path: Path, text: str) -> "ConfigFile":
        """The same of a text that is no file.

        :param path: how messages name it.
        :raises ConfigError: it is no TOML.
        """
        try:
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\(at line ([0-9]+), column [0-9]+\)", str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            raise ConfigError(f"{path}:{line}: no TOML: {error}") from None
        except RecursionError:
            raise ConfigError(f"{path}: nested too deep") from None

    def refuse(self, faults: Iterable[Fault]) -> ConfigError:
        """One line per fault, as they stand in the file."""
        return ConfigError("\n".join(self.told(faults)))

    def told(self, faults: Iterable[Fault]) -> list[str]:
        """``file:line: key: value: what is allowed``, as they stand in the file."""
        lines = Lines(self.text)
        return [
            f"{self.path}:{lines.of(fault.keys)}: {_what(fault)}{_beside(fault, lines)}"
            for fault in sorted(faults, key=lambda fault: lines.of(fault.keys))
        ]


def _what(fault: Fault) -> str:
    name = _name(fault.keys)
    secret = any(word in name for word in _SECRET) or ("url" in name and "@" in str(fault.found))
    found = "" if secret or isinstance(fault.found, dict | list) else f"{str(fault.found)[:_SHOWN]!r}: "
    return f"{name or 'file'}: {found}{fault.allowed.removeprefix('Value error, ')}"


def _beside(fault: Fault, lines: Lines) -> str:
    return f": {_name(fault.beside)} (line {lines.of(fault.beside)})" if fault.beside else ""


def _name(keys: Sequence[str | int]) -> str:
    return ".".join(map(str, keys))
