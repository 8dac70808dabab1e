"""The agent on a gateway: links, spool and uplink under one TaskGroup."""

import asyncio
import json
import logging
import os
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from prometheus_client import start_http_server

from edge.commands.actuator import Actuators as LinkActuators
from edge.commands.attempt import Attempts
from edge.commands.executor import Executor
from edge.commands.journal import Journal
from edge.commands.local_actions import LocalActions
from edge.config import EdgeConfig
from edge.exception_report import ByException, policies
from edge.intake import Intake
from edge.links.registry import link_for
from edge.metrics import AgentCollector
from edge.quality.checked import DAY_MS, Checked, Checks
from edge.remote.effective import merged, store_of
from edge.remote.keeper import Keeper
from edge.rules.actuators import Actuators
from edge.rules.local import LocalRules
from edge.spool.gather import Gatherer, Sealed
from edge.spool.spool import Spool
from edge.uplink.line import line_of
from edge.uplink.session import Session
from edge.uplink.window import Window
from protocols.vocabulary import Clock, ConfigError
from protocols.vocabulary.topics import DOWN_COMMAND, DOWN_CONFIG, UP_RESULT

log = logging.getLogger(__name__)

STATUS_FILE: Final = "status.json"
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
        self.spool = Spool(config.gateway.data / "spool", clock, max_bytes=config.spool.max_bytes)
        self.window = Window(self.spool, config.uplink.window)
        line = line_of(config.uplink)
        self.session = Session(config.gateway.id, line, self.window, clock, self.status)
        self.gatherer = Gatherer(
            config.gateway.id, self.spool, clock, self._sealed, gather_s=config.spool.gather_ms / 1000
        )
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
        def check(toml: str, version: int) -> None:
            Agent(merged(path, toml, version), self._clock)

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
            self._journal.load()
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
                group.create_task(self._keep_notes())
                if self.rules is not None:
                    group.create_task(self._local_actions.run())
                    group.create_task(self.rules.run())
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
        path = self._config.gateway.data / STATUS_FILE
        try:
            while True:
                self.spool.save()
                _write(path, self.status())
                await self._clock.sleep(_SAVE_S)
        finally:
            _write(path, self.status())

    def status(self) -> dict[str, Any]:
        """How everything is, as JSON has it: the cloud gets it with the birth message, ``edge status`` from a file."""
        spool, oldest_ms = self.spool, self.spool.oldest_ms()
        now_ms = self._clock.now_ms()
        return {
            "gateway": self._config.gateway.id,
            "at_ms": now_ms,
            "process": os.getpid(),
            "epoch": spool.epoch,
            "taken": self.gatherer.taken,
            "dropped": self.gatherer.dropped + spool.counts.dropped_records,
            "events": {
                "taken": self.gatherer.events_taken,
                "dropped": self.gatherer.events_dropped + spool.counts.dropped_events,
            },
            "disk_failing": self.gatherer.disk_failing,
            "spool": {
                "bytes": spool.size,
                "max_bytes": spool.max_bytes,
                "share": round(spool.size / spool.max_bytes, 4),
                "oldest_h": None if oldest_ms is None else round(max(0, now_ms - oldest_ms) / 3_600_000, 3),
                "corrupt_skipped": spool.counts.corrupt_skipped,
                "torn": spool.counts.torn,
                "dropped_records": spool.counts.dropped_records,
                "read_errors": spool.counts.read_errors,
                "write_errors": spool.counts.write_errors,
                "retired": spool.counts.retired,
            },
            "uplink": {
                "connected": self.session.counts.connected,
                "connects": self.session.counts.connects,
                "published": self.session.counts.published,
                "in_flight": self.window.in_flight,
                "waiting": self.window.waiting,
                "resent": self.window.resent,
                "backlog": self.window.backlog,
            },
            "commands": self.executor.status(),
            "config": None if self.keeper is None else self.keeper.status(),
            "quality": self.checks.status() if self.checks else None,
            "report_by_exception": self.by_exception.status() if self.by_exception else None,
            "rules": self.rules.status() if self.rules else None,
            "links": [self._with_quality(_link_status(link.status())) for link in self._links],
        }

    def _with_quality(self, link: dict[str, Any]) -> dict[str, Any]:
        """Beside what a link knows of its devices, what the checks found in their readings."""
        if self.checks is not None:
            for device in link["devices"]:
                found = self.checks.counts.of_source(device["source"])
                if found:
                    told = ", ".join(f"{reason} {count}" for reason, count in found.items())
                    device["notes"].append(f"checks: {told}")
        return link


def _link_status(status: Any) -> dict[str, Any]:
    return {
        "name": status.name,
        "kind": status.kind,
        "up": status.up,
        "counters": dict(status.counters),
        "devices": [
            {
                "source": device.source,
                "state": device.state,
                "last_seen_ms": device.last_seen_ms,
                "answer_s": device.answer_s,
                "readings": device.readings,
                "errors": dict(device.errors),
                "notes": list(device.notes),
                "dial_in": None if device.dial_in is None else asdict(device.dial_in),
            }
            for device in status.devices
        ],
    }


def _write(path: Path, status: dict[str, Any]) -> None:
    draft = path.with_suffix(".new")
    try:
        draft.write_text(json.dumps(status))
        draft.replace(path)
    except OSError as error:
        log.warning("%s: %s", path, error.strerror)
