"""All that a gateway does by itself, made of its configuration: rules, what they tell and want, lamps."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from edge.intake import EventSink, Intake
from edge.rules.actuators import Actuators, Drive
from edge.rules.announcer import Announcer
from edge.rules.config import LightsRow, RuleRow
from edge.rules.lamps import LampGroup, Lamps
from edge.rules.lights import Schedule
from edge.rules.ruled import Effect, Ruled
from protocols.vocabulary import Clock, ConfigError, Event, Point
from protocols.vocabulary.event import Scalar

MEMORY_FILE: Final = "alarms.json"


class LocalRules:
    """Rules and lamps of one gateway.

    :param folder: where is remembered which alarms were told.
    :param actuators: who carries out actions.
    :param heard_s: when the cloud was last heard, monotonic; None: never since the start.
    :raises ConfigError: something is to be acted on, and there is nobody who could.
    """

    def __init__(  # noqa: PLR0913 - what the agent has for them
        self,
        rules: Sequence[RuleRow],
        lights: Sequence[LightsRow],
        sink: EventSink,
        clock: Clock,
        folder: Path,
        *,
        actuators: Actuators | None,
        heard_s: Callable[[], float | None],
    ) -> None:
        acting = [f"rule {row.name!r}" for row in rules if row.action] + [f"lights {row.name!r}" for row in lights]
        if acting and actuators is None:
            raise ConfigError(f"{acting[0]}: this agent has nothing that could carry out actions")
        self.announcer = Announcer(sink, clock, folder / MEMORY_FILE)
        self.drive = Drive(actuators, clock) if actuators is not None else None
        self.lamps = Lamps([_group(row) for row in lights], self.drive, clock, heard_s) if self.drive else None
        self._rules = [
            (row.rule(), tuple(Effect(Point.parse(e.target), e.raised, e.cleared) for e in row.action)) for row in rules
        ]
        self._ruled: Ruled | None = None
        self._clock = clock

    def in_front_of(self, intake: Intake) -> Ruled:
        """The intake that the rules look into."""
        self._ruled = Ruled(intake, self._rules, self.announcer, self.drive)
        return self._ruled

    async def run(self) -> None:
        """Until cancelled."""
        self._withdraw()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.announcer.run())
            if self.drive is not None:
                group.create_task(self.drive.run())
            if self.lamps is not None and self.lamps.groups:
                group.create_task(self.lamps.run())

    def _withdraw(self) -> None:
        """What was told of rules that are no more, or now watch another source, is taken back."""
        sources = {rule.name: rule.point.source for rule, _ in self._rules}
        for name, told in list(self.announcer.active.items()):
            if sources.get(name) != told.source:
                data: dict[str, Scalar] = {
                    "rule": name,
                    "level": 0,
                    "message": "the rule was taken out of the configuration",
                }
                event = Event(told.source, "alarm.cleared", max(0, self._clock.now_ms()), data)
                self.announcer.tell(name, event, 0)

    def status(self) -> dict[str, Any]:
        """For ``edge status``."""
        watches = self._ruled.watches if self._ruled is not None else []
        return {
            "rules": len(self._rules),
            "active": {watch.rule.name: watch.level for watch in watches if watch.level},
            "not_judged": sum(watch.not_judged for watch in watches),
            "events_told": self.announcer.told,
            "events_dropped": self.announcer.dropped,
            "actions_applied": self.drive.counts.applied if self.drive else 0,
            "actions_failed": self.drive.counts.failed if self.drive else 0,
            "actions_waiting": self.drive.waiting if self.drive else 0,
            "lights": {group.name: group.level for group in self.lamps.groups} if self.lamps else {},
        }


def _group(row: LightsRow) -> LampGroup:
    from edge.rules.sun import Sun  # noqa: PLC0415 - only gateways with lamps need astral

    return LampGroup(
        row.name,
        tuple(Point.parse(target) for target in row.targets),
        Schedule(tuple(plan.plan() for plan in row.plan), Sun(row.latitude, row.longitude, row.zone), row.zone),
        None if row.fallback_after_h is None else row.fallback_after_h * 3600,
        row.repeat_s,
    )
