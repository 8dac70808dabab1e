"""Links and devices as Prometheus metrics, with a bound on how many series there are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import Final, get_args

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from edge.links.answer_times import BOUNDS_S
from edge.links.link import DeviceState, DeviceStatus, LinkStatus

MAX_DEVICES: Final = 1000
"""Of a gateway, with series of their own: the first ones. A link's own series count every device."""
MAX_KINDS: Final = 16
"""Of errors of one device, or events of one link, by name; what happened later counts as ``other``."""
OTHER: Final = "other"
_TICK: Final = "missed_tick"


def link_metrics(links: Sequence[LinkStatus]) -> Iterable[Metric]:
    """Each link as a whole: these series do not grow with its devices."""
    up = GaugeMetricFamily("yz_edge_link_up", "1 while it is connected, or listens", labels=["link", "kind"])
    events = CounterMetricFamily("yz_edge_link_events", "What happened on a link", labels=["link", "event"])
    devices = GaugeMetricFamily("yz_edge_link_devices", "Devices by state", labels=["link", "state"])
    readings = CounterMetricFamily("yz_edge_link_readings", "Readings of all its devices", labels=["link"])
    errors = CounterMetricFamily("yz_edge_link_errors", "Errors of all its devices", labels=["link", "error"])
    missed = CounterMetricFamily("yz_edge_link_missed_ticks", "Polls left out: the line was busy", labels=["link"])
    answers = HistogramMetricFamily("yz_edge_link_answer_seconds", "How long answers took", labels=["link"])
    for link in links:
        up.add_metric([link.name, link.kind], float(link.up))
        _add(events, [link.name], link.counters)
        states = Counter(device.state for device in link.devices)
        for state in get_args(DeviceState):
            devices.add_metric([link.name, state], states[state])
        readings.add_metric([link.name], sum(device.readings for device in link.devices))
        all_errors: Counter[str] = Counter()
        for device in link.devices:
            all_errors.update(device.errors)
        missed.add_metric([link.name], all_errors.pop(_TICK, 0))
        _add(errors, [link.name], all_errors)
        _add_answers(answers, link)
    return up, events, devices, readings, errors, missed, answers


def _add_answers(answers: HistogramMetricFamily, link: LinkStatus) -> None:
    figures = [device.answers for device in link.devices if device.answers is not None]
    if not figures:
        return
    sizes = accumulate(map(sum, zip(*(one.by_size for one in figures), strict=True)))
    bounds = (*map(str, BOUNDS_S), "+Inf")
    answers.add_metric([link.name], list(zip(bounds, sizes, strict=True)), sum(one.total_s for one in figures))


def device_metrics(links: Sequence[LinkStatus], now_ms: int) -> Iterable[Metric]:
    """The first thousand devices, each by itself."""
    labels = ["link", "device"]
    up = GaugeMetricFamily("yz_edge_device_up", "1 while it answers, or sends", labels=labels)
    age = GaugeMetricFamily(
        "yz_edge_device_last_seen_age_seconds", "Since its last good answer; absent while there was none", labels=labels
    )
    readings = CounterMetricFamily("yz_edge_device_readings", "Readings handed over", labels=labels)
    answers = CounterMetricFamily("yz_edge_device_answers", "Good answers", labels=labels)
    median = GaugeMetricFamily("yz_edge_device_answer_median_seconds", "Of its newest 64 answers", labels=labels)
    worst = GaugeMetricFamily("yz_edge_device_answer_worst_seconds", "Of its newest 64 answers", labels=labels)
    missed = CounterMetricFamily("yz_edge_device_missed_ticks", "Polls left out: the line was busy", labels=labels)
    errors = CounterMetricFamily("yz_edge_device_errors", "Errors by kind", labels=[*labels, "error"])
    for link, device in islice(_distinct(links), MAX_DEVICES):
        of = [link.name, device.source]
        up.add_metric(of, float(device.state == "up"))
        if device.last_seen_ms is not None:
            age.add_metric(of, max(0, now_ms - device.last_seen_ms) / 1000)
        readings.add_metric(of, device.readings)
        if device.answers is not None:
            answers.add_metric(of, device.answers.answers)
            median.add_metric(of, device.answers.median_s)
            worst.add_metric(of, device.answers.worst_s)
        missed.add_metric(of, device.errors.get(_TICK, 0))
        _add(errors, of, {kind: count for kind, count in device.errors.items() if kind != _TICK})
    left_out = GaugeMetricFamily(
        "yz_edge_devices_left_out",
        "Devices without series of their own: beyond the thousandth, or of the same name on one link",
        max(0, sum(len(link.devices) for link in links) - len(up.samples)),
    )
    return up, age, readings, answers, median, worst, missed, errors, left_out


def _distinct(links: Sequence[LinkStatus]) -> Iterator[tuple[LinkStatus, DeviceStatus]]:
    """Two units may be parts of one source: a series is told once, for the first of them."""
    for link in links:
        seen: set[str] = set()
        for device in link.devices:
            if device.source not in seen:
                seen.add(device.source)
                yield link, device


def _add(family: CounterMetricFamily, of: list[str], counts: Mapping[str, int]) -> None:
    """By kind; the order is that of their first time, so what was named once stays named."""
    for kind, count in islice(counts.items(), MAX_KINDS):
        family.add_metric([*of, kind], count)
    rest = sum(islice(counts.values(), MAX_KINDS, None))
    if rest:
        family.add_metric([*of, OTHER], rest)
