"""The part of a configuration that is right by itself, so that what does not go together is told beside its faults."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from edge.section import Keys

T = TypeVar("T")
_ROUNDS: Final = 16
"""Without a bad row a device may lack rows, without it its link lacks devices: so often something more may go."""

_ROWS: Final = frozenset({"rows", "checks"})


class Remnant(NamedTuple, Generic[T]):
    """What was read when the faults had been cut out."""

    config: T
    table: Mapping[str, Any]
    """With the faults."""
    gone: frozenset[Keys] = frozenset()
    """What was cut out, as the table has it."""
    unknown: frozenset[Keys] = frozenset()
    """Of it, keys that nobody knows: each may be another one, misspelt."""

    def place(self, keys: Keys) -> Keys:
        """Where something of ``config`` stands in the table, whose lists may be longer."""
        return _place(keys, self.gone)

    def stands(self, keys: Keys) -> bool:
        """Whether a value is what the table says; beside a key that nobody knows, no default is believed.

        :param keys: as the table has them.
        """
        if any(keys[:length] in self.gone for length in range(1, len(keys) + 1)):
            return False
        return _reached(self.table, keys) == keys or all(one[:-1] != keys[:-1] for one in self.unknown)


def remnant_of(
    table: dict[str, Any],
    read: Callable[[dict[str, Any]], T],
    faults_of: Callable[[ValidationError], Iterable[tuple[Keys, bool]]],
) -> Remnant[T] | None:
    """Cut out what is wrong until the rest can be read; None: there is no such rest.

    :param table: of plain JSON values.
    :param faults_of: where the faults are, in the table that was to be read; True: nobody knows such a key.
    """
    whole, gone, unknown = table, frozenset[Keys](), frozenset[Keys]()
    for _ in range(_ROUNDS):
        try:
            return Remnant(read(table), whole, gone, unknown)
        except ValidationError as error:
            faults = {_cut(table, keys): no_key for keys, no_key in faults_of(error)}
        if () in faults:
            return None
        unknown |= {_place(cut, gone) for cut, no_key in faults.items() if no_key}
        gone |= {_place(cut, gone) for cut in faults}
        table = _without(table, set(faults))
    return None


def _cut(table: Mapping[str, Any], keys: Keys) -> Keys:
    """A key with a wrong value; where one is missing, or keys do not go together, the section they stand in.

    A row goes whole, since it says something else without one of its keys.
    """
    found = _reached(table, keys)
    if found == keys and found and isinstance(found[-1], str) and not _ROWS & set(found):
        return keys
    while len(found) > 1 and not isinstance(found[-1], int):
        found = found[:-1]
    return found


def _reached(table: Any, keys: Keys) -> Keys:
    """How far down the keys are there."""
    for at, key in enumerate(keys):
        there = isinstance(table, list) and isinstance(key, int) and key < len(table)
        if not there and not (isinstance(table, dict) and key in table):
            return keys[:at]
        table = table[key]
    return keys


def _without(table: Any, cuts: set[Keys]) -> Any:
    """A copy that lacks them."""
    if not cuts or not isinstance(table, dict | list):
        return table
    below: dict[str | int, set[Keys]] = {}
    for cut in cuts:
        below.setdefault(cut[0], set()).add(cut[1:])
    if isinstance(table, dict):
        return {key: _without(one, below.get(key, set())) for key, one in table.items() if () not in below.get(key, ())}
    return [_without(one, below.get(at, set())) for at, one in enumerate(table) if () not in below.get(at, ())]


def _place(keys: Keys, gone: frozenset[Keys]) -> Keys:
    here: Keys = ()
    for key in keys:
        if isinstance(key, int):
            at = key
            for lost in sorted(one[-1] for one in gone if one[:-1] == here and isinstance(one[-1], int)):
                at += lost <= at
            here = (*here, at)
        else:
            here = (*here, key)
    return here
