"""The cloud's state as Prometheus metrics."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from cloud.alarms.watch import Alarms
from cloud.api.feed import FeedCounts
from cloud.core import Core
from cloud.registry import deliveries, events, pictures, quarantine


class CoreCollector(Collector):
    """Reads the numbers when somebody asks; nothing is counted twice."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def collect(self) -> Iterable[Metric]:
        core, counts = self._core, self._core.pipeline.counts
        yield CounterMetricFamily("yz_ingest_parcels", "Messages taken from the broker", counts.parcels)
        yield CounterMetricFamily("yz_ingest_readings_stored", "Readings committed", counts.readings_stored)
        yield CounterMetricFamily("yz_ingest_readings_duplicate", "Readings stored before", counts.readings_duplicate)
        yield CounterMetricFamily(
            "yz_ingest_readings_conflicting", "Readings whose instant holds another value", counts.readings_conflicting
        )
        yield CounterMetricFamily(
            "yz_ingest_readings_too_old", "Readings older than all that the engine keeps", counts.readings_too_old
        )
        yield CounterMetricFamily("yz_ingest_events_stored", "Events taken in", counts.events_stored)
        yield CounterMetricFamily("yz_ingest_envelopes_duplicate", "Envelopes held before", core.envelopes.duplicates)
        yield CounterMetricFamily(
            "yz_ingest_security_events", "Wrong MACs and altered envelopes", core.envelopes.security_events
        )
        yield CounterMetricFamily("yz_ingest_commits", "Commits", counts.commits)
        yield CounterMetricFamily(
            "yz_ingest_commit_failures", "Commits that failed and were tried again", counts.commit_failures
        )
        yield GaugeMetricFamily("yz_disk_free_bytes", "Left on the disk of the data folder", core.free_bytes)
        yield GaugeMetricFamily("yz_ingest_waiting", "Messages that wait to be decoded", core.pipeline.waiting)
        backlog = core.pipeline.backlog
        yield GaugeMetricFamily("yz_ingest_waiting_bytes", "Bytes of the messages that wait", backlog.bytes)
        yield GaugeMetricFamily("yz_ingest_held_back", "1 while brokers are held back", int(backlog.held_back))
        yield CounterMetricFamily("yz_ingest_holds", "How often brokers were held back", backlog.holds)
        quarantined = CounterMetricFamily("yz_ingest_quarantined", "Put into quarantine, by reason", labels=["reason"])
        for reason, count in core.pipeline.reasons.items():
            quarantined.add_metric([reason], count)
        yield quarantined
        ignored = CounterMetricFamily(
            "yz_door_records_ignored", "Records of SenML packs left out, by kind", labels=["kind"]
        )
        for kind, count in core.door.ignored.items():
            ignored.add_metric([kind], count)
        yield ignored
        with core.registry.read() as tx:
            totals = quarantine.totals(tx)
            kept, dropped = events.totals(tx)
            rows, size, outrun, expired = pictures.totals(tx)
        yield GaugeMetricFamily("yz_quarantine_rows", "In quarantine", totals.rows)
        yield GaugeMetricFamily("yz_quarantine_bytes", "In quarantine", totals.bytes)
        yield CounterMetricFamily("yz_quarantine_dropped", "Dropped from quarantine to make room", totals.dropped)
        yield GaugeMetricFamily("yz_event_rows", "Events kept", kept)
        yield CounterMetricFamily("yz_event_dropped", "Events dropped to make room", dropped)
        yield GaugeMetricFamily("yz_picture_rows", "Pictures kept", rows)
        yield GaugeMetricFamily("yz_picture_bytes", "Pictures kept", size)
        yield CounterMetricFamily("yz_picture_dropped", "Pictures dropped to make room", outrun)
        yield CounterMetricFamily("yz_picture_expired", "Pictures deleted on their day", expired)
        uploads = CounterMetricFamily("yz_picture_uploads", "What became of uploads", labels=["outcome"])
        for outcome, count in (core.pictures.counts + core.signatures.counts).items():
            uploads.add_metric([outcome], count)
        yield uploads
        connects = sum(line.connects for line in {id(one): one for one in core.lines.every.values()}.values())
        yield CounterMetricFamily("yz_broker_connects", "Connects of our sessions", connects)
        yield CounterMetricFamily(
            "yz_broker_starts", "Starts of our own broker", core.broker.starts if core.broker else 0
        )
        dispatched = core.dispatcher.counts
        yield CounterMetricFamily("yz_commands_sent", "Commands sent for the first time", dispatched.sent)
        yield CounterMetricFamily("yz_commands_resent", "Commands sent again", dispatched.resent)
        yield CounterMetricFamily("yz_results", "Results that said something new", dispatched.results)
        yield CounterMetricFamily("yz_results_untrusted", "Results with a wrong MAC or malformed", dispatched.untrusted)
        yield CounterMetricFamily("yz_results_dropped", "Results for which there was no room", dispatched.dropped)
        yield GaugeMetricFamily(
            "yz_latest_datastreams", "Datastreams that have a reading", len(core.latest.everything())
        )


class FeedCollector(Collector):
    """Who follows the stream."""

    def __init__(self, counts: FeedCounts) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        counts = self._counts
        yield GaugeMetricFamily("yz_stream_following", "Streams that are open", counts.following)
        yield CounterMetricFamily("yz_stream_refused", "Streams refused for their number", counts.refused)
        yield CounterMetricFamily("yz_stream_gaps", "Times that a follower was told what it missed", counts.gaps)
        yield CounterMetricFamily("yz_stream_dropped", "Streams closed because nobody read", counts.dropped)


class AlarmCollector(Collector):
    """Alarms and their messages."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("yz_alarms_active", "Alarms that are active now", self._alarms.active)
        yield CounterMetricFamily("yz_alarms_transitions", "Raised and cleared", self._alarms.counts.transitions)
        yield GaugeMetricFamily("yz_alarms_waiting", "Transitions that wait to be written", self._alarms.waiting)
        yield CounterMetricFamily(
            "yz_alarms_commits_passed_over",
            "Commits not evaluated because too many transitions waited; their latest readings were, later",
            self._alarms.counts.commits_passed_over,
        )
        counts = self._alarms.courier.counts
        yield CounterMetricFamily("yz_webhook_attempts", "Requests to webhooks", counts.attempts)
        yield CounterMetricFamily("yz_webhook_delivered", "Messages delivered", counts.delivered)
        yield CounterMetricFamily("yz_webhook_given_up", "Messages given up after their last attempt", counts.given_up)
        dropped = self._alarms.counts.messages_dropped
        yield CounterMetricFamily("yz_webhook_dropped", "Messages given up for room in the outbox", dropped)
        with self._alarms.registry.read() as tx:
            waiting = deliveries.waiting(tx)
        yield GaugeMetricFamily("yz_webhook_waiting", "Messages that wait to be delivered", waiting)
