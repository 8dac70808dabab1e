"""Observed properties of a configuration that the vocabulary does not have: allowed, and most often misspelt."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from edge.config import MAX_CONFIG, EdgeConfig
from edge.section import Keys, values
from protocols.vocabulary import OBSERVED_PROPERTIES, Point
from protocols.vocabulary.config_file import ConfigFile, Fault

_OF_THE_WIRE: Final = ("hj212_", "sl651_")
"""So begins what stations call something that the vocabulary does not have."""


def warnings(path: Path, config: EdgeConfig) -> list[str]:
    """One line each, told as faults are.

    :param path: the configuration's file, whose lines they are told with.
    """
    odd = [
        Fault(keys, name, f"not in the vocabulary{_meant(name)}")
        for keys, name in _observed(config)
        if name not in OBSERVED_PROPERTIES and not name.startswith(_OF_THE_WIRE)
    ]
    return ConfigFile.read(path, MAX_CONFIG).told(odd) if odd else []


def _observed(config: EdgeConfig) -> Iterator[tuple[Keys, str]]:
    for keys, value in values(config):
        if isinstance(value, str):
            if keys[-1] == "observed":
                yield keys, value
            elif "target" in keys or "targets" in keys:
                yield keys, Point.parse(value).observed


def _meant(name: str) -> str:
    near = get_close_matches(name, OBSERVED_PROPERTIES, n=1, cutoff=0.75)
    return f', did you mean "{near[0]}"?' if near else ": carried as it is, with no unit and no range of its own"
