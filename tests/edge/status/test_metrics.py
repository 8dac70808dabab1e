"""What Prometheus gets, read by its own parser; docs/edge/operation.md lists all of it and nothing else."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client import Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from edge.links.link import DeviceRecord, LinkStatus
from edge.metrics import AgentCollector
from edge.status.link_metrics import MAX_DEVICES, MAX_KINDS, device_metrics, link_metrics
from edge.uplink.cloud_clock import Offset
from tests.edge.rules.fakes import FakeActuators
from tests.edge.test_agent import CHECKED, agent

PAGE = (Path(__file__).parents[3] / "docs" / "edge" / "operation.md").read_text("utf-8")
UNITS = ("_seconds", "_bytes", "_ratio", "_info")


def parsed(text: str) -> dict[str, Metric]:
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert len(families) == len(re.findall("^# TYPE", text, re.MULTILINE)), "a family comes twice"
    return families


def exposed(metrics: Any) -> dict[str, Metric]:
    return parsed(generate_latest(SimpleNamespace(collect=lambda: metrics)).decode())


def samples(family: Metric) -> dict[tuple[str, ...], float]:
    """Label values, link and device first -> value."""
    order = ("link", "device", "kind", "state", "event", "error")
    return {tuple(s.labels[name] for name in order if name in s.labels): s.value for s in family.samples}


def record(source: str, **errors: int) -> DeviceRecord:
    one = DeviceRecord(source)
    for answer_s in (0.004, 0.02, 0.3):
        one.heard(1_000, 2, answer_s)
    one.errors.update(errors)
    return one


def link(*records: DeviceRecord, **counters: int) -> LinkStatus:
    return LinkStatus("a", "modbus-tcp", True, counters, tuple(one.status() for one in records))


def test_a_link_is_told_as_a_whole() -> None:
    silent = record("serial:2", silence=5, missed_tick=3)
    silent.state = "silent"
    told = exposed(link_metrics([link(record("serial:1", silence=1), silent, late_answer=4)]))
    assert samples(told["yz_edge_link_up"]) == {("a", "modbus-tcp"): 1}
    assert samples(told["yz_edge_link_events"]) == {("a", "late_answer"): 4}
    assert samples(told["yz_edge_link_devices"]) == {("a", "waiting"): 0, ("a", "up"): 1, ("a", "silent"): 1}
    assert samples(told["yz_edge_link_errors"]) == {("a", "silence"): 6}
    assert samples(told["yz_edge_link_missed_ticks"]) == {("a",): 3}
    assert samples(told["yz_edge_link_readings"]) == {("a",): 12}
    by_name = {(s.name, s.labels.get("le")): s.value for s in told["yz_edge_link_answer_seconds"].samples}
    assert by_name["yz_edge_link_answer_seconds_bucket", "0.005"] == 2
    assert by_name["yz_edge_link_answer_seconds_bucket", "0.025"] == 4
    assert by_name["yz_edge_link_answer_seconds_bucket", "+Inf"] == 6
    assert by_name["yz_edge_link_answer_seconds_count", None] == 6
    assert by_name["yz_edge_link_answer_seconds_sum", None] == pytest.approx(0.648)


def test_a_device_is_told_by_itself() -> None:
    told = exposed(
        device_metrics([link(record("serial:1", silence=1, missed_tick=3), DeviceRecord("serial:2"))], 61_000)
    )
    assert samples(told["yz_edge_device_last_seen_age_seconds"]) == {("a", "serial:1"): 60}
    assert samples(told["yz_edge_device_up"]) == {("a", "serial:1"): 1, ("a", "serial:2"): 0}
    assert samples(told["yz_edge_device_answers"]) == {("a", "serial:1"): 3}
    assert samples(told["yz_edge_device_answer_median_seconds"]) == {("a", "serial:1"): 0.02}
    assert samples(told["yz_edge_device_answer_worst_seconds"]) == {("a", "serial:1"): 0.3}
    assert samples(told["yz_edge_device_errors"]) == {("a", "serial:1", "silence"): 1}
    assert samples(told["yz_edge_device_missed_ticks"]) == {("a", "serial:1"): 3, ("a", "serial:2"): 0}
    assert samples(told["yz_edge_devices_left_out"]) == {(): 0}


def test_the_number_of_series_is_bounded() -> None:
    kinds = {f"exception_{number:02x}": 1 for number in range(256)}
    many = [record(f"serial:{number}", **kinds) for number in range(MAX_DEVICES + 7)]
    links = [link(*many, *many[:3], **kinds)]
    told = exposed(device_metrics(links, 0))
    errors = samples(told["yz_edge_device_errors"])
    assert len(errors) == MAX_DEVICES * (MAX_KINDS + 1)
    assert errors["a", "serial:0", "exception_00"] == 1
    assert errors["a", "serial:0", "other"] == 256 - MAX_KINDS
    assert samples(told["yz_edge_devices_left_out"]) == {(): 7 + 3}
    assert sum(len(family.samples) for family in exposed(link_metrics(links)).values()) < 100


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[str]:
    """An agent with all that can be configured, and a device that answered."""
    one = agent(tmp_path, more=CHECKED, actuators=FakeActuators())
    with one.spool:
        one.room.look()
        one.links_seen = (link(record("serial:1", silence=1), late_answer=4),)
        one.session.cloud_clock._offset = Offset(0.25, 0.01, one._clock.monotonic_s())
        yield generate_latest(AgentCollector(one).registry()).decode()


def test_the_page_lists_what_the_agent_exposes(everything: str) -> None:
    names = {family.name + ("_total" if family.type == "counter" else "") for family in parsed(everything).values()}
    listed = re.findall(r"^\| `(yz_edge_\w+)", PAGE, re.MULTILINE)
    assert sorted(listed) == sorted(names)
    for name, family in parsed(everything).items():
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        row = next(line for line in PAGE.splitlines() if re.match(rf"\| `{name}(_total)?[`{{]", line))
        said = re.search(r"\{(.*?)\}", row)
        assert labels == sorted(said[1].split(", ") if said else []) or not family.samples, name


def test_names_and_texts_are_as_prometheus_wants_them(everything: str) -> None:
    for name, family in parsed(everything).items():
        assert family.documentation, name
        assert re.fullmatch(r"yz_edge_[a-z0-9_]+", name)
        if family.type == "counter":
            assert f"{name}_total" in everything
        else:
            assert not name.endswith(("_total", "_count", "_sum", "_bucket"))
        for word in ("_ms", "_milliseconds", "_hours", "_minutes", "_percent", "_kb"):
            assert not name.endswith(word)


async def test_it_is_served_on_loopback(tmp_path: Path, unused_tcp_port: int) -> None:
    one = agent(tmp_path, more=f"[health]\nmetrics_port = {unused_tcp_port}\n")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(one.run())
        async with asyncio.timeout(30):
            while not (tmp_path / "status.json").exists():
                await asyncio.sleep(0.01)
        text = await asyncio.to_thread(lambda: urlopen(f"http://127.0.0.1:{unused_tcp_port}/metrics").read().decode())
        running.cancel()
    assert "yz_edge_build_info" in parsed(text)
