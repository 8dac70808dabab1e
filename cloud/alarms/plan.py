"""Which datastreams are watched by which rules, laid out so that the unwatched and the quiet cost next to nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from cloud.geo.towns import Place
from cloud.registry.directory import Directory
from cloud.registry.rules import Rule
from cloud.registry.selection import Selection


class Key(NamedTuple):
    """What there is one alarm of."""

    rule: int
    datastream: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Made in a thread, handed to the engine whole."""

    rules: Mapping[int, tuple[Rule, ...]]
    """By datastream; only watched ones."""
    watched: NDArray[np.bool_]
    """By datastream number; the last one is False and stands for all numbers beyond."""
    low: NDArray[np.float64]
    """Strictly between low and high nothing changes while no alarm is active."""
    high: NDArray[np.float64]
    shelved: Mapping[Key, int]
    """Until when an alarm tells nobody, ms UTC."""

    @classmethod
    def of(cls, watching: Iterable[tuple[Rule, Iterable[int]]], shelved: Mapping[Key, int]) -> Self:
        """From the rules with the numbers of the datastreams that each watches."""
        rules: dict[int, tuple[Rule, ...]] = {}
        shared: dict[tuple[tuple[Rule, ...], int], tuple[Rule, ...]] = {}  # many datastreams have the same rules
        for rule, numbers in watching:
            for number in numbers:
                before = rules.get(number, ())
                rules[number] = shared.setdefault((before, rule.id), (*before, rule))
        length = max(rules, default=-1) + 2
        watched, low, high = np.zeros(length, np.bool_), np.full(length, -np.inf), np.full(length, np.inf)
        bands = {id(those): _band(those) for those in shared.values()}
        for number, those in rules.items():
            watched[number] = True
            low[number], high[number] = bands[id(those)]
        return cls(rules, watched, low, high, shelved)

    @classmethod
    def read(cls, rules: Iterable[Rule], directory: Directory, shelved: Mapping[Key, int]) -> Self:
        """With the datastreams that the directory knows now."""
        return cls.of(((rule, _numbers(rule, directory)) for rule in rules), shelved)


def _numbers(rule: Rule, directory: Directory) -> list[int]:
    selection = Selection(place=Place(rule.town), kind=rule.kind)
    found = directory.datastreams(selection, observed=rule.observed)
    return [one.number for one in found if rule.neuron is None or one.point.source == rule.neuron]


def _band(rules: tuple[Rule, ...]) -> tuple[float, float]:
    rests = [rule.threshold.rest(active=False) for rule in rules]
    return max(low for low, _ in rests), min(high for _, high in rests)
