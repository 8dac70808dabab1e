"""The agent's state as Prometheus metrics."""

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Protocol

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from edge.ailments import AILMENTS, Ailments
from edge.exception_report import ByException
from edge.links.link import LinkStatus
from edge.quality.checked import Checks
from edge.rules.local import LocalRules
from edge.spool.gather import Gatherer
from edge.spool.spool import Spool
from edge.status.link_metrics import device_metrics, link_metrics
from edge.status.spool_room import SpoolRoom
from edge.uplink.session import Session
from edge.uplink.window import Window
from protocols.vocabulary import Quality


class Observed(Protocol):
    """What of an agent is measured."""

    spool: Spool
    window: Window
    session: Session
    gatherer: Gatherer
    checks: Checks | None
    by_exception: ByException | None
    rules: LocalRules | None
    ailments: Ailments
    room: SpoolRoom

    def now_ms(self) -> int: ...
    @property
    def links_seen(self) -> Sequence[LinkStatus]:
        """How they were at most two seconds ago: the loop's own look, since a scrape comes in a thread of its own."""
        ...


class AgentCollector(Collector):
    """Reads the numbers when somebody asks; nothing is counted twice."""

    def __init__(self, agent: Observed) -> None:
        self._agent = agent

    def registry(self) -> CollectorRegistry:
        """A registry with this collector alone."""
        registry = CollectorRegistry()
        registry.register(self)
        return registry

    def collect(self) -> Iterable[Metric]:
        agent = self._agent
        build = InfoMetricFamily("yz_edge_build", "What runs here")
        build.add_metric([], {"version": version("yingzhou"), "python": platform.python_version()})
        yield build
        spool = agent.spool.counts
        yield CounterMetricFamily("yz_edge_readings_taken", "Readings that links handed over", agent.gatherer.taken)
        yield CounterMetricFamily("yz_edge_readings_dropped", "Readings lost to a full buffer", agent.gatherer.dropped)
        yield CounterMetricFamily("yz_edge_spool_records", "Envelopes on disk so far", spool.synced)
        yield CounterMetricFamily("yz_edge_spool_retired", "Envelopes that the cloud holds", spool.retired)
        yield CounterMetricFamily("yz_edge_spool_corrupt_skipped", "Damaged records skipped", spool.corrupt_skipped)
        yield CounterMetricFamily(
            "yz_edge_spool_dropped", "Envelopes given up because the spool was full", spool.dropped_records
        )
        yield CounterMetricFamily("yz_edge_spool_write_errors", "Writes or syncs that failed", spool.write_errors)
        yield CounterMetricFamily(
            "yz_edge_spool_read_errors", "Spool files that the disk would not give", spool.read_errors
        )
        yield CounterMetricFamily("yz_edge_spool_written_bytes", "Bytes written to the spool", spool.bytes_written)
        yield GaugeMetricFamily("yz_edge_spool_bytes", "Spool on disk", agent.spool.size)
        yield from _hours(agent.spool, agent.room)
        yield GaugeMetricFamily(
            "yz_edge_spool_share", "Spool against its bound, 0 to 1", agent.spool.size / agent.spool.max_bytes
        )
        yield GaugeMetricFamily(
            "yz_edge_uplink_connected", "1 when the line is up", float(agent.session.counts.connected)
        )
        yield CounterMetricFamily("yz_edge_clock_steps", "Steps of the wall clock", agent.ailments.clock_steps)
        ails = GaugeMetricFamily("yz_edge_ails", "1 for each condition that ails the gateway", labels=["ailment"])
        for ailment in AILMENTS:
            ails.add_metric([ailment], float(ailment in agent.ailments.active))
        yield ails
        yield CounterMetricFamily("yz_edge_uplink_published", "Envelopes sent", agent.session.counts.published)
        yield CounterMetricFamily("yz_edge_uplink_resent", "Envelopes sent again", agent.window.resent)
        yield GaugeMetricFamily("yz_edge_uplink_in_flight", "Envelopes that wait for the cloud", agent.window.in_flight)
        yield from _clock(agent.session)
        yield from link_metrics(agent.links_seen)
        yield from device_metrics(agent.links_seen, agent.now_ms())
        if agent.checks is not None:
            yield from _quality(agent.checks)
        if agent.by_exception is not None:
            report = CounterMetricFamily("yz_edge_report", "Readings reported by exception", labels=["outcome"])
            report.add_metric(["sent"], agent.by_exception.sent)
            report.add_metric(["held"], agent.by_exception.held)
            yield report
        if agent.rules is not None:
            yield from _rules(agent.rules)


def _hours(spool: Spool, room: SpoolRoom) -> Iterable[Metric]:
    waiting_s, room_h = spool.waiting_s(), room.room_h
    yield GaugeMetricFamily("yz_edge_spool_waiting_seconds", "How long the oldest has waited; 0: none", waiting_s or 0)
    fits = GaugeMetricFamily("yz_edge_spool_room_seconds", "What more fits at the present rate; absent: not known")
    if room_h is not None:
        fits.add_metric([], room_h * 3600)
    yield fits


def _clock(session: Session) -> Iterable[Metric]:
    ahead = GaugeMetricFamily("yz_edge_clock_ahead_seconds", "Ahead of the cloud's clock; absent: not compared")
    uncertain = GaugeMetricFamily("yz_edge_clock_uncertain_seconds", "Give or take so much; absent: not compared")
    offset = session.cloud_clock.offset
    if offset is not None:
        ahead.add_metric([], offset.ahead_s)
        uncertain.add_metric([], offset.uncertain_s)
    yield ahead
    yield uncertain


def _quality(checks: Checks) -> Iterable[Metric]:
    flags = CounterMetricFamily("yz_edge_quality_readings", "Readings by their quality", labels=["quality"])
    for quality in Quality:
        flags.add_metric([quality.name.lower()], checks.counts.by_quality[quality])
    yield flags
    reasons = CounterMetricFamily("yz_edge_quality_reasons", "Readings that a check flagged", labels=["reason"])
    for reason, count in checks.counts.by_reason.items():
        reasons.add_metric([reason], count)
    yield reasons
    yield CounterMetricFamily("yz_edge_quality_late", "Readings not newer than one before them", checks.counts.late)
    yield GaugeMetricFamily("yz_edge_quality_points", "Points whose past the checks know", checks.points)


def _rules(rules: LocalRules) -> Iterable[Metric]:
    status = rules.status()
    yield GaugeMetricFamily("yz_edge_alarms_active", "Local rules whose alarm is active", len(status["active"]))
    yield CounterMetricFamily("yz_edge_alarm_events", "Alarm events on disk so far", status["events_told"])
    yield CounterMetricFamily("yz_edge_alarm_events_dropped", "Alarm events given up", status["events_dropped"])
    yield CounterMetricFamily("yz_edge_actions_applied", "Actions carried out", status["actions_applied"])
    yield CounterMetricFamily("yz_edge_actions_failed", "Tries that failed", status["actions_failed"])
    yield GaugeMetricFamily("yz_edge_actions_waiting", "Actions still to carry out", status["actions_waiting"])
