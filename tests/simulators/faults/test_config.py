import asyncio
import json

import pytest

from protocols.vocabulary import ConfigError, ManualClock
from simulators.config import load
from simulators.environment import Site, World
from simulators.environment.world import ANCHOR_MS
from simulators.faults import FaultPlan
from simulators.faults.config import faults_of
from simulators.truth import Said, TruthFile
from tests.simulators.test_config import WHOLE, written

FAULT = """
[[fault]]
device = "level-1"
kind = "spike"
observed = ["water_level"]
from = 2026-01-01T00:00:00Z
to = 2026-02-01T08:00:00+08:00
every_s = 3600
lasts_s = 60
size = 2.0
"""


def test_a_fault_of_a_device(tmp_path):
    (fault,) = faults_of(load(written(tmp_path, WHOLE + FAULT)).fault, 7)["level-1"]
    assert (fault.kind, fault.size, fault.observed) == ("spike", 2.0, {"water_level"})
    schedule = fault.schedule
    assert (schedule.begin_ms, schedule.end_ms) == (ANCHOR_MS, ANCHOR_MS + 31 * 86_400_000)
    assert (schedule.every_ms, schedule.lasts_ms) == (3_600_000, 60_000)


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('device = "level-1"', 'device = "level-2"', ":28: fault.0.device: 'level-2': no device of that name"),
        ('kind = "spike"', 'kind = "spikes"', "fault.0.kind: 'spikes'"),
        ('kind = "spike"', 'kind = "word_order"', "has none"),
        (
            "size = 2.0",
            'size = 2.0\n[[fault]]\ndevice = "level-1"\nkind = "word_order"\nfrom = 2026-01-01T00:00:00Z',
            ":38: fault.1.kind: 'word_order': expected one of clock, drift",
        ),
        (
            '["water_level"]',
            '["ph"]',
            ":30: fault.0.observed: 'ph': level-1 does not measure it; it measures battery_voltage, water_level",
        ),
        ('["water_level"]', '["level"]', "'level' is no observed property"),
        ("size = 2.0", "", "expected what is added"),
        ("every_s = 3600", "", "go together"),
        ("lasts_s = 60", "lasts_s = 3601", "at most every_s"),
        ("from = 2026-01-01T00:00:00Z", "from = 2026-03-01T00:00:00Z", "after from"),
        ("from = 2026-01-01T00:00:00Z", "from = 2026-01-01T00:00:00", "fault.0.from"),
        ("size = 2.0", "size = 2.0\nsort = 1", "fault.0.sort"),
    ],
)
def test_what_is_refused(tmp_path, was, becomes, says):
    assert was in FAULT
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, WHOLE + FAULT.replace(was, becomes)))
    assert says in str(caught.value)


LINE = """
[[modbus_line]]
port = 5021
[[modbus_line.unit]]
name = "sonde-1"
unit = 1
kind = "water_sonde"
hardware = "serial:YZ2"
"""


@pytest.mark.parametrize(("kind", "fits"), [("word_order", True), ("silence", True), ("slow", False), ("clock", False)])
def test_a_unit_on_a_serial_line(tmp_path, kind, fits):
    size = "size = 1.0\n" if kind in {"slow", "clock"} else ""
    fault = f'[[fault]]\ndevice = "sonde-1"\nkind = "{kind}"\nfrom = 2026-01-01T00:00:00Z\n{size}'
    path = written(tmp_path, WHOLE + LINE + fault)
    if fits:
        assert load(path).fault[0].kind == kind
    else:
        with pytest.raises(ConfigError, match=f"fault.0.kind: '{kind}': expected one of .* for sonde-1"):
            load(path)


async def test_the_truth_file_tells_which_values_are_false_and_when_faults_begin_and_end(tmp_path):
    clock, world = ManualClock(), World(7)
    text = FAULT.replace("every_s = 3600", "").replace("lasts_s = 60", "").replace("2026-02-01T08", "2026-01-01T09")
    config = load(written(tmp_path, WHOLE + text))
    plan = FaultPlan(faults_of(config.fault, 7), {"level-1": "imei:1"}, clock)
    with TruthFile(tmp_path / "truth.jsonl") as truth:
        seat = plan.seat("level-1", world, truth)
        for _ in range(3):
            for observed in ("water_level", "battery_voltage"):
                now_ms = clock.now_ms()
                value = seat.world.value(Site("level-1"), observed, now_ms)
                seat.witness([Said("level-1", "imei:1", observed, now_ms, value, "sent", now_ms)])
            clock.advance(1800)
    rows = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert [(row["observed"], row["fault"]) for row in rows] == [
        *2 * [("water_level", "spike"), ("battery_voltage", "")],
        ("water_level", ""),
        ("battery_voltage", ""),
    ]
    told = []
    clock = ManualClock()
    plan = FaultPlan(faults_of(config.fault, 7), {"level-1": "imei:1"}, clock)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        herald = tasks.create_task(plan.herald(world, told.extend))
        while not herald.done():
            await asyncio.sleep(0)
            clock.advance(600)
    assert [(one.event, one.fault, one.time, one.value) for one in told] == [
        ("began", "spike", ANCHOR_MS, 2.0),
        ("ended", "spike", ANCHOR_MS + 3_600_000, 2.0),
    ]
