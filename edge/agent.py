"""The agent on a gateway: links, spool and uplink under one TaskGroup."""

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from prometheus_client import start_http_server

from edge.ailments import Ailments
from edge.cameras.equipment import pictures_of
from edge.commands.actuator import Actuators as LinkActuators
from edge.commands.attempt import Attempts
from edge.commands.executor import Executor
from edge.commands.journal import Journal
from edge.commands.local_actions import LocalActions
from edge.config import EdgeConfig
from edge.exception_report import ByException, policies
from edge.intake import Intake
from edge.links.link import LinkStatus
from edge.links.registry import link_for
from edge.metrics import AgentCollector
from edge.quality.checked import DAY_MS, Checked, Checks
from edge.remote.effective import merged, store_of, taken_away
from edge.remote.keeper import Keeper
from edge.rules.actuators import Actuators
from edge.rules.local import LocalRules
from edge.spool.gather import Gatherer, Sealed
from edge.spool.mended import EARLIEST_MS
from edge.spool.spool import Spool
from edge.status.brief import brief
from edge.status.file import STATUS_FILE, StatusFile
from edge.status.life import own_life
from edge.status.links import link_status
from edge.status.spool_room import SpoolRoom
from edge.status.supervisor import ALIVE, ENVIRONMENT, READY, STOPPING, Supervisor
from edge.uplink.line import line_of
from edge.uplink.resender import Resender
from edge.uplink.session import Session
from edge.uplink.window import Window
from protocols.vocabulary import Clock, ConfigError
from protocols.vocabulary.topics import DOWN_COMMAND, DOWN_CONFIG, DOWN_RESEND, UP_RESULT

log = logging.getLogger(__name__)

_SAVE_S: Final = 2.0


class Agent:
    """One gateway's agent; ``run`` lives until it is cancelled, or another configuration is in force (Restart).

    :param actuators: who carries out what rules and lamps want; None: the links.
    :param path: the configuration's file; None: nobody may change it from afar.
    :raises ConfigError: nobody can carry out what is configured, or a secret cannot be read; from ``run``: the spool
        is in use.
    """

    def __init__(
        self, config: EdgeConfig, clock: Clock, actuators: Actuators | None = None, *, path: Path | None = None
    ) -> None:
        self._config = config
        self._clock = clock
        self._links = [link_for(link, clock, config.gateway.data / "links") for link in config.link]
        self.links_seen: tuple[LinkStatus, ...] = ()
        max_bytes, keep_bytes = config.spool.max_bytes, config.spool.keep_bytes
        self.spool = Spool(config.gateway.data / "spool", clock, max_bytes=max_bytes, keep_bytes=keep_bytes)
        self.window = Window(self.spool, config.uplink.window)
        line = line_of(config.uplink)
        self.room = SpoolRoom(self.spool, clock)
        self.session = Session(config.gateway.id, line, self.window, clock, lambda: brief(self.status()))
        self.resender = Resender(config.gateway.id, line.hmac_key, self.spool, self.window, self.session.wake)
        self.session.hear(DOWN_RESEND, self.resender.hear)
        self.gatherer = Gatherer(
            config.gateway.id, self.spool, clock, self._sealed, gather_s=config.spool.gather_ms / 1000
        )
        self._status_file = StatusFile(config.gateway.data / STATUS_FILE)
        self.ailments = Ailments(
            config.gateway.id, self.spool, self.gatherer, self.gatherer, clock, lambda: self._status_file.refusal
        )
        self.pictures = pictures_of(config, self._links, line, self.gatherer, clock)
        self._store = store_of(config)
        self.keeper = None if path is None else self._keeper(path, line.hmac_key)
        self._journal = Journal(config.gateway.data / "commands")
        hands = LinkActuators(self._links)
        self._local_actions = LocalActions(Attempts(hands, clock))
        self.executor = Executor(
            config.gateway.id,
            line.hmac_key,
            hands,
            self._journal,
            self.gatherer,
            clock,
            lambda result: self.session.say(UP_RESULT, result),
        )
        self.session.hear(DOWN_COMMAND, self.executor.hear)
        self.checks: Checks | None = None
        self.by_exception: ByException | None = None
        self.rules: LocalRules | None = None
        self._intake = self._way_to_the_spool(actuators or (self._local_actions if hands.links else None))

    def _way_to_the_spool(self, actuators: Actuators | None) -> Intake:
        """Links -> checks -> rules -> report by exception -> spool; what is not configured is not on the way."""
        config, clock = self._config, self._clock
        intake: Intake = self.gatherer
        watched = list(config.watched)
        if config.report or any(device.report for device in watched):
            policy_of = policies(config.report, [(device.source, device.report) for device in watched])
            intake = self.by_exception = ByException(intake, policy_of)
        if config.rule or config.lights:
            self.rules = LocalRules(
                config.rule,
                config.lights,
                self.gatherer,
                clock,
                config.gateway.data,
                actuators=actuators,
                heard_s=lambda: self.session.heard_s,
            )
            intake = self.rules.in_front_of(intake)
        if config.quality.enabled:
            self.checks = Checks(
                config.figures().limits_of,
                future_ms=round(config.quality.future_s * 1000),
                past_ms=round(config.quality.past_days * DAY_MS),
                max_points=config.quality.max_points,
            )
            intake = Checked(intake, self.checks, clock)
        return intake

    def _keeper(self, path: Path, key: bytes) -> Keeper:
        def check(toml: str, version: int) -> str:
            config = merged(path, toml, version)
            Agent(config, self._clock)
            states = [link.status() for link in self._links]
            return taken_away([state.name for state in states if state.up], config)

        keeper = Keeper(
            self._config.gateway.id,
            key,
            self._store,
            check=check,
            notes=self.gatherer,
            clock=self._clock,
            connected=lambda: self.session.counts.connected,
            say=lambda result: self.session.say(UP_RESULT, result),
        )
        self.session.hear(DOWN_CONFIG, keeper.hear)
        return keeper

    async def run(self) -> None:
        """Until cancelled; what was taken is on disk when it returns."""
        with self.spool, ExitStack() as stack:
            self._claim_spool()
            if self.pictures is not None:
                self.pictures.open()
            self._journal.load()
            self.resender.load()
            stack.callback(self._journal.close)
            if self._config.health.metrics_port is not None:
                start_http_server(self._config.health.metrics_port, "127.0.0.1", AgentCollector(self).registry())
            log.info("gateway %s, epoch %d, %d links", self._config.gateway.id, self.spool.epoch, len(self._links))
            async with asyncio.TaskGroup() as group:
                group.create_task(self.gatherer.run())
                group.create_task(self.executor.run())
                if self.keeper is not None:
                    self._store.load()
                    group.create_task(self.keeper.run())
                group.create_task(self.session.run())
                group.create_task(self.resender.run())
                group.create_task(self._keep_notes())
                if self.rules is not None:
                    group.create_task(self._local_actions.run())
                    group.create_task(self.rules.run())
                if self.pictures is not None:
                    group.create_task(self.pictures.run())
                for link in self._links:
                    group.create_task(link.run(self._intake))

    def _claim_spool(self) -> None:
        """Envelopes carry the gateway's name: under another one the cloud would refuse those that wait."""
        owner, name = self.spool.directory / "gateway", self._config.gateway.id
        if not owner.exists():
            owner.write_text(name)
        elif owner.read_text() != name:
            raise ConfigError(
                f"gateway.id: {name!r}: the spool {self.spool.directory} belongs to {owner.read_text()!r}; "
                "let that gateway deliver what waits there, or choose another gateway.data"
            )

    def _sealed(self, sealed: Sealed) -> None:
        self.window.offer(sealed)
        self.session.wake()

    async def _keep_notes(self) -> None:
        supervisor = Supervisor(os.environ.get(ENVIRONMENT))
        supervisor.say(READY)
        try:
            while True:
                self.spool.save()
                self.room.look()
                self.ailments.look()
                if self.spool.anchors.look():
                    log.info("the clock is set: what waited for it is sent")
                    self.session.wake()
                self._status_file.write(self.status())
                supervisor.say(ALIVE)
                await self._clock.sleep(_SAVE_S)
        finally:
            supervisor.say(STOPPING)
            self._status_file.write(self.status() | {"stopped": True})

    def status(self) -> dict[str, Any]:
        """How everything is, as JSON has it: the cloud gets it with the birth message, ``edge status`` from a file."""
        spool = self.spool
        self.links_seen = tuple(link.status() for link in self._links)
        return {
            "gateway": self._config.gateway.id,
            "at_ms": self._clock.now_ms(),
            "process": os.getpid(),
            "life": own_life(),
            "epoch": spool.epoch,
            "taken": self.gatherer.taken,
            "dropped": self.gatherer.dropped + spool.counts.dropped_records,
            "events": {
                "taken": self.gatherer.events_taken,
                "dropped": self.gatherer.events_dropped + spool.counts.dropped_events,
            },
            "disk_failing": self.ailments.disk_failing,
            "spool": self.room.status(),
            "clock": self.session.cloud_clock.status(),
            "ailments": sorted(self.ailments.active),
            "stamps": {
                "clock_set": self._clock.now_ms() >= EARLIEST_MS,
                "clock_steps": self.ailments.clock_steps,
                "repaired": spool.anchors.mended,
                "held_back": spool.anchors.waiting,
            },
            "uplink": {
                "connected": self.session.counts.connected,
                "trouble": self.session.counts.trouble,
                "connects": self.session.counts.connects,
                "published": self.session.counts.published,
                "in_flight": self.window.in_flight,
                "waiting": self.window.waiting,
                "resent": self.window.resent,
                "backlog": self.window.backlog,
            },
            "resend": self.resender.status(),
            "commands": self.executor.status(),
            "config": None if self.keeper is None else self.keeper.status(),
            "quality": self.checks.status() if self.checks else None,
            "report_by_exception": self.by_exception.status() if self.by_exception else None,
            "pictures": self.pictures.status() if self.pictures else None,
            "rules": self.rules.status() if self.rules else None,
            "links": [link_status(link, self._flagged) for link in self.links_seen],
        }

    def now_ms(self) -> int:
        """By the agent's clock."""
        return self._clock.now_ms()

    def _flagged(self, source: str) -> Mapping[str, int]:
        return {} if self.checks is None else self.checks.counts.of_source(source)
