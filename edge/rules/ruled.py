"""The intake that lets local rules look at checked readings on their way to the spool."""

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple

from edge.intake import Intake
from edge.rules.actuators import Action, Drive
from edge.rules.announcer import Announcer
from edge.rules.threshold import Rule, Transition, Watch
from protocols.vocabulary import Batch, Event, Point
from protocols.vocabulary.point_tables import PointTables

_KINDS: Final = {"raised": "alarm.raised", "changed": "alarm.changed", "cleared": "alarm.cleared"}


class Effect(NamedTuple):
    """What a rule wants done when its alarm comes and when it goes; None: nothing."""

    target: Point
    raised: float | None
    cleared: float | None


class Ruled:
    """Implements :class:`edge.intake.Intake`: looks, tells, acts, and hands on what it was given.

    :param drive: None when no rule has an effect.
    """

    def __init__(
        self,
        intake: Intake,
        rules: Iterable[tuple[Rule, tuple[Effect, ...]]],
        announcer: Announcer,
        drive: Drive | None,
    ) -> None:
        self._intake = intake
        self._announcer = announcer
        self._drive = drive
        self._effects: dict[str, tuple[Effect, ...]] = {}
        self._watches: dict[Point, list[Watch]] = {}
        for rule, effects in rules:
            self._effects[rule.name] = effects
            told = announcer.active.get(rule.name)
            level = told.level if told is not None and told.source == rule.point.source else 0
            self._watches.setdefault(rule.point, []).append(Watch(rule, level))
        self._tables = PointTables(self._watches_of)

    def _watches_of(self, points: tuple[Point, ...]) -> dict[int, list[Watch]]:
        return {at: self._watches[point] for at, point in enumerate(points) if point in self._watches}

    @property
    def watches(self) -> list[Watch]:
        """Of all rules."""
        return [watch for watches in self._watches.values() for watch in watches]

    def put(self, batch: Batch) -> "asyncio.Future[None]":
        watched = self._tables[batch.points]
        if watched:
            for row, at in enumerate(batch.point):
                for watch in watched.get(at, ()):
                    found = watch.add(batch.time[row], batch.value[row], batch.quality[row], batch.reasons[row])
                    if found is not None:
                        self._act(watch.rule, found)
        return self._intake.put(batch)

    def _act(self, rule: Rule, found: Transition) -> None:
        self._announcer.tell(rule.name, _event(rule, found), found.after)
        if self._drive is None or (found.before and found.after):
            return
        for target, raised, cleared in self._effects[rule.name]:
            value = raised if found.after else cleared
            if value is not None:
                self._drive.want(Action(target, value, found.time, f"rule {rule.name}"))


def _event(rule: Rule, found: Transition) -> Event:
    level = rule.levels[(found.after or found.before) - 1]
    return Event(
        rule.point.source,
        _KINDS[found.kind],
        max(0, found.time),
        {
            "rule": rule.name,
            "observed": rule.point.observed,
            "channel": rule.point.channel,
            "value": found.value,
            "quality": found.quality,
            "comparison": rule.comparison,
            "limit": level.limit,
            "deadband": rule.deadband,
            "priority": level.priority,
            "level": found.after,
            "message": rule.message,
        },
    )
