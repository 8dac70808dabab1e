"""Readings in, transitions out: the evaluation of rules as a state machine without clock, database or loop.

Evaluated is on observed time, per datastream only forward: a reading that is not newer than one evaluated before
changes nothing. FAIL and MISSING are no process values and are not evaluated. Nobody is told on the ground of a reading
older than ``max_age_ms``; when a young one confirms a change that nobody was told of, they are told then.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cloud.alarms.plan import Key, Plan
from cloud.registry.rules import Rule
from cloud.store.port import Columns
from protocols.vocabulary import Quality

MAX_AGE_MS: Final = 15 * 60 * 1000


class Change(Enum):
    """Why there is a transition."""

    RAISED = "raised"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"
    """Active or not as before, but nobody was told yet."""
    WITHDRAWN = "withdrawn"
    """Not active any more because no enabled rule watches the datastream now."""


class Condition(NamedTuple):
    """What is remembered of a rule on a datastream."""

    active: bool = False
    announced: bool = False
    """What others were last told."""


class Transition(NamedTuple):
    """To be written down in this order."""

    key: Key
    change: Change
    time: int
    """Of the reading, ms UTC; of a withdrawal, when it happened."""
    value: float | None
    active: bool
    notify: bool
    """Whether others are told that it is active, or not."""


QUIET: Final = Condition()


class Engine:
    """Holds conditions of what is or was active; one of QUIET needs no memory."""

    def __init__(self, max_age_ms: int = MAX_AGE_MS) -> None:
        self._max_age_ms = max_age_ms
        self._plan = Plan.of((), {})
        self._conditions: dict[Key, Condition] = {}
        self._evaluated = np.zeros(1, np.int64)
        self._low, self._high = self._plan.low, self._plan.high

    @property
    def active(self) -> int:
        """How many alarms are active."""
        return sum(condition.active for condition in list(self._conditions.values()))  # asked from any thread

    @property
    def watched(self) -> NDArray[np.int32]:
        """The numbers of the watched datastreams."""
        return np.flatnonzero(self._plan.watched).astype(np.int32)

    def next_return_ms(self, now_ms: int) -> int | None:
        """When the next alarm comes back from its shelf; None when none is shelved."""
        return min((until_ms for until_ms in self._plan.shelved.values() if until_ms > now_ms), default=None)

    def restore(self, conditions: Mapping[Key, Condition], evaluated: Mapping[int, int]) -> None:
        """Go on where another engine stopped; before the first plan.

        :param evaluated: by datastream, the newest time that is known to be evaluated, ms UTC.
        """
        self._conditions = {key: condition for key, condition in conditions.items() if condition != QUIET}
        self._evaluated = np.zeros(max(evaluated, default=0) + 1, np.int64)
        for number, time in evaluated.items():
            self._evaluated[number] = time

    def install(self, plan: Plan, now_ms: int) -> list[Transition]:
        """Evaluate by other rules from now on; what is active and not watched any more is withdrawn."""
        self._plan = plan
        evaluated = np.zeros(max(len(plan.watched), len(self._evaluated)), np.int64)
        evaluated[: len(self._evaluated)] = self._evaluated
        self._evaluated = evaluated
        self._low, self._high = plan.low.copy(), plan.high.copy()
        withdrawn = []
        for key, condition in list(self._conditions.items()):
            if any(rule.id == key.rule for rule in plan.rules.get(key.datastream, ())):
                self._set_band(key.datastream)
                continue
            del self._conditions[key]
            if condition.active or condition.announced:
                withdrawn.append(Transition(key, Change.WITHDRAWN, now_ms, None, False, condition.announced))
        return withdrawn

    def take(self, columns: Columns, now_ms: int) -> list[Transition]:
        """Readings that were committed, in any order."""
        if not self._plan.rules:
            return []
        watched = self._plan.watched.take(columns.datastream, mode="clip")
        if not watched.any():
            return []
        columns = columns.take(watched)
        newer = columns.time > self._evaluated[columns.datastream]
        return self._evaluate(columns.take(newer & _is_evaluable(columns)), now_ms)

    def settle(self, latest: Columns, now_ms: int) -> list[Transition]:
        """The newest reading of each watched datastream, again: after a start, other rules, or a gap in ``take``.

        What is older than these counts as evaluated. The same once more changes nothing.
        """
        latest = latest.take(self._plan.watched.take(latest.datastream, mode="clip"))
        newest = latest.time >= self._evaluated[latest.datastream]
        again = latest.take(newest & _is_evaluable(latest))
        self._evaluated[again.datastream] = again.time - 1
        found = self._evaluate(again, now_ms)
        np.maximum.at(self._evaluated, latest.datastream, latest.time)
        return found

    def _evaluate(self, columns: Columns, now_ms: int) -> list[Transition]:
        numbers = columns.datastream
        stirs = (columns.value >= self._high[numbers]) | (columns.value <= self._low[numbers])
        if not stirs.any():
            np.maximum.at(self._evaluated, numbers, columns.time)
            return []
        stirred = np.isin(numbers, np.unique(numbers[stirs]))  # all readings of these, in the order of their times
        np.maximum.at(self._evaluated, numbers[~stirred], columns.time[~stirred])
        columns = columns.take(stirred)
        order = np.lexsort((columns.time, columns.datastream))
        found: list[Transition] = []
        for number, time, value in zip(
            columns.datastream[order].tolist(), columns.time[order].tolist(), columns.value[order].tolist(), strict=True
        ):
            if time > self._evaluated[number]:
                self._evaluated[number] = time
                found += self._step(number, time, value, now_ms)
        return found

    def _step(self, number: int, time: int, value: float, now_ms: int) -> list[Transition]:
        young = time > now_ms - self._max_age_ms
        found = []
        for rule in self._plan.rules[number]:
            transition = self._step_rule(rule, Key(rule.id, number), time, value, now_ms if young else None)
            if transition is not None:
                found.append(transition)
        if found:
            self._set_band(number)
        return found

    def _step_rule(self, rule: Rule, key: Key, time: int, value: float, loud_ms: int | None) -> Transition | None:
        was = self._conditions.get(key, QUIET)
        active = rule.threshold.holds(value, active=was.active)
        may_tell = loud_ms is not None and loud_ms >= self._plan.shelved.get(key, 0)
        if active != was.active:
            change = Change.RAISED if active else Change.CLEARED
            notify = may_tell and (active or was.announced)
        elif may_tell and active != was.announced:
            change, notify = Change.CONFIRMED, True
        else:
            return None
        now = Condition(active, active if notify else was.announced)
        if now == QUIET:
            self._conditions.pop(key, None)
        else:
            self._conditions[key] = now
        return Transition(key, change, time, value, active, notify)

    def _set_band(self, number: int) -> None:
        """Between which values nothing changes now; with something to tell there is no such value."""
        low, high = -np.inf, np.inf
        for rule in self._plan.rules[number]:
            condition = self._conditions.get(Key(rule.id, number), QUIET)
            if condition.active != condition.announced:
                low, high = np.inf, -np.inf
                break
            rest = rule.threshold.rest(active=condition.active)
            low, high = max(low, rest[0]), min(high, rest[1])
        self._low[number], self._high[number] = low, high


def _is_evaluable(columns: Columns) -> NDArray[np.bool_]:
    wrong = (columns.quality == Quality.FAIL) | (columns.quality == Quality.MISSING)
    evaluable: NDArray[np.bool_] = ~wrong & np.isfinite(columns.value)
    return evaluable
