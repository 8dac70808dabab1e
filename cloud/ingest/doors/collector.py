"""The doors' state as Prometheus metrics."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from cloud.ingest.doors.open_doors import OpenDoors
from cloud.registry import discovered
from cloud.registry.database import Database


class DoorCollector(Collector):
    """Reads the numbers when somebody asks."""

    def __init__(self, doors: OpenDoors, registry: Database) -> None:
        self._doors = doors
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        """What came and had no place or no use."""
        with self._registry.read() as tx:
            rows, dropped = discovered.totals(tx)
        yield GaugeMetricFamily("yz_discovered_rows", "Devices discovered and not adopted", rows)
        yield CounterMetricFamily("yz_discovered_dropped", "Dropped from the discovered to make room", dropped)
        doors = self._doors
        told = {
            "thingsboard": doors.thingsboard.ignored + doors.thingsboard.notes.counts,
            "sparkplug": doors.sparkplug.ignored + doors.sparkplug.notes.counts + doors.sparkplug.host.counters,
        }
        left_out = CounterMetricFamily("yz_door_tolerated", "Left out, tolerated or given up", labels=["door", "kind"])
        for door, counts in told.items():
            for kind, count in counts.items():
                left_out.add_metric([door, kind], count)
        yield left_out
        nodes = doors.sparkplug.host.nodes
        online = sum(nodes.values())
        edges = GaugeMetricFamily("yz_sparkplug_edge_nodes", "Edge nodes that were heard of", labels=["online"])
        edges.add_metric(["true"], online)
        edges.add_metric(["false"], len(nodes) - online)
        yield edges
