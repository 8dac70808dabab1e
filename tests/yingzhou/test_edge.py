"""``yingzhou edge status``: what an engineer reads."""

import json
import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from edge.status.life import _BEGAN, _stat, own_life

CONFIG = '[gateway]\nid = "gw-1"\ndata = "d"\n[uplink]\nurl = "mqtt://h"\nhmac_key_file = "k"\n'
STATUS = {
    "gateway": "gw-1",
    "process": 1,
    "uplink": {"connected": True, "in_flight": 0, "resent": 0},
    "spool": {"bytes": 1, "share": 0.1, "oldest_h": None},
    "links": [],
    "quality": {
        "points": 3,
        "pass": 12_345,
        "not_evaluated": 0,
        "suspect": 7,
        "fail": 0,
        "missing": 2,
        "late": 0,
        "reasons": {"rate": 1, "spike": 6},
    },
    "report_by_exception": {"points": 1, "sent": 10, "held": 2000},
    "rules": {"active": {"high water": 1}, "actions_waiting": 0},
}


def said(yingzhou, tmp_path, status, *options, ago_s=0):
    (tmp_path / "d").mkdir(exist_ok=True)
    if status is not None:
        at_ms = round((time.time() - ago_s) * 1000)
        (tmp_path / "d" / "status.json").write_text(json.dumps({**status, "at_ms": at_ms}))
    (tmp_path / "gateway.toml").write_text(CONFIG)
    return yingzhou("edge", "status", "-c", str(tmp_path / "gateway.toml"), *options)


def test_what_checks_report_and_rules_found(yingzhou, tmp_path):
    found = said(yingzhou, tmp_path, STATUS)
    assert found.code == 0
    assert "checks  12,345 pass, 7 suspect, 2 missing (rate 1, spike 6)" in found.out
    assert "report  10 sent, 2,000 held back" in found.out
    assert "rules   high water; 0 actions to carry out" in found.out


def test_what_is_not_configured_is_not_told(yingzhou, tmp_path):
    found = said(yingzhou, tmp_path, STATUS | {"quality": None, "report_by_exception": None, "rules": None})
    assert found.code == 0
    assert not [line for line in found.out if line.startswith(("checks", "report", "rules"))]


def test_a_station_that_dials_in_is_listed_once_with_its_clock_and_history(yingzhou, tmp_path):
    told = {"clock_offset_s": -75.25, "clock_set": 1, "gaps": 2, "missing_h": 3.5, "asked": 4, "pulled": 1200}
    quiet = dict.fromkeys(told, 0) | {"refused": 0}
    devices = [
        device("sl651:0012345678", dial_in={**told, "refused": 0}),
        device("mn:NEW", dial_in={**quiet, "clock_offset_s": None, "clock_set": 2}),
        device("mn:RIGHT", dial_in={**quiet, "clock_offset_s": -0.04}),
        device("serial:1", dial_in=None),
    ]
    found = said(yingzhou, tmp_path, STATUS | {"links": [{"name": "a", "devices": devices}]})
    assert found.code == 0
    for name, line in (
        ("sl651:0012345678", "    clock -75.2 s, set once, gaps 2 (3.5 h missing), asked 4, pulled 1,200"),
        ("mn:NEW", "    clock not known, set 2 times"),
        ("mn:RIGHT", "    clock +0.0 s"),
        ("serial:1", None),
    ):
        (place,) = [at for at, row in enumerate(found.out) if name in row]
        assert found.out[place + 1 : place + 2] == ([] if line is None else [line])
    assert max(map(len, found.out)) <= 80


def device(source, **told):
    plain = {"state": "up", "last_seen_ms": None, "readings": 0, "errors": {}, "notes": [], "pause_s": 0.0}
    return {"source": source, **plain, "missed_ticks": 0, "answer_median_s": None, "answer_worst_s": None, **told}


def test_every_device_has_a_line_that_fits_a_terminal(yingzhou, tmp_path):
    now_ms = round(time.time() * 1000)
    devices = [
        device("nrn-04hmasw9k", last_seen_ms=now_ms - 3000, readings=1_234_567, answer_median_s=0.0123,
               answer_worst_s=1),
        device("mn:" + "A" * 30 + "B" * 30, last_seen_ms=now_ms - 86_400_000 * 9, missed_ticks=1_234_567,
               state="silent", pause_s=300.0, readings=10**9, answer_median_s=29.9994, answer_worst_s=29.9999,
               errors={f"exception_{code:02x}": 10**6 for code in range(12)}, notes=["refuses " + "ph, orp, " * 20]),
        device("serial:1", state="waiting"),
    ]  # fmt: skip
    links = [
        {"name": "a" * 40, "kind": "modbus-rtu-tcp", "up": False, "counters": {"link_down": 7}, "devices": devices,
         "trouble": "10.0.0.8:4001: [Errno 111] Connect call failed " + "('10.0.0.8', 4001) " * 4},
        {"name": "cameras", "kind": "camera", "up": True, "counters": {}, "devices": [], "trouble": "long ago"},
    ]  # fmt: skip
    found = said(yingzhou, tmp_path, STATUS | {"links": links})
    assert found.code == 0
    assert max(map(len, found.out)) <= 80
    rows = [line.split() for line in found.out]
    assert f"link {'a' * 40} (modbus-rtu-tcp) down: link_down 7".split() in rows
    assert ["nrn-04hmasw9k", "up", "3", "s", "12/1000", "1,234,567", "0"] in rows
    assert ["serial:1", "waiting", "never", "0", "0"] in rows
    (long,) = [line for line in found.out if line.startswith("  mn:AA")]
    assert long.endswith("B  silent   9.0 d    29999/30000       1,000 M      1 M")
    assert "    asked every 5 min only, until it answers" in found.out
    text = " ".join(" ".join(found.out).split())
    assert "errors: exception_00 1,000,000, exception_01 1,000,000" in text
    assert "link cameras (camera) up" in found.out
    assert found.out[found.out.index(f"link {'a' * 40} (modbus-rtu-tcp) down: link_down 7") + 1].startswith(
        "  10.0.0.8:4001: [Errno 111] Connect call failed "
    )
    assert "long ago" not in text, "what is up has no trouble"


def test_an_uplink_that_is_away_says_why(yingzhou, tmp_path):
    trouble = (
        "cloud.example:8883: [SSL: CERTIFICATE_VERIFY_FAILED] certificate is not yet valid; the gateway's clock " * 2
    )
    uplink = {"connected": False, "in_flight": 3, "resent": 7, "trouble": trouble}
    found = said(yingzhou, tmp_path, STATUS | {"uplink": uplink, "ailments": ["disk_failing", "dropping"]})
    place = found.out.index("uplink  away, 3 in flight, 7 resent")
    assert found.out[place - 1] == "ails    disk_failing, dropping"
    assert found.out[place + 1].startswith("        cloud.example:8883: [SSL: ")
    assert max(map(len, found.out)) <= 80
    assert "SSL" not in " ".join(said(yingzhou, tmp_path, STATUS | {"uplink": uplink | {"connected": True}}).out)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"oldest_h": None, "room_h": None}, "nothing waits, room not known yet"),
        ({"oldest_h": 3.25, "room_h": 40.14}, "3.25 h wait, 40.1 h more fit"),
        ({"oldest_h": 0.0, "room_h": 1000.0}, "0.00 h wait, 42 days more fit"),
    ],
)
def test_the_spool_is_told_in_hours(yingzhou, tmp_path, told, line):
    found = said(yingzhou, tmp_path, STATUS | {"spool": {"bytes": 1000, "share": 0.25} | told})
    assert f"spool   {line} (1,000 bytes, 25.0% of its bound)" in found.out


@pytest.mark.parametrize(
    ("clock", "line"),
    [
        (None, "not compared with the cloud's within ten minutes"),
        (
            {"ahead_s": None, "uncertain_s": None, "compared_s": None},
            "not compared with the cloud's within ten minutes",
        ),
        (
            {"ahead_s": 0.0124, "uncertain_s": 0.003, "compared_s": 12.0},
            "12 ms ahead of the cloud's, give or take 3 ms (12 s ago)",
        ),
        (
            {"ahead_s": -7200.04, "uncertain_s": 1.25, "compared_s": 300.0},
            "7,200.0 s behind the cloud's, give or take 1.2 s (5 min ago)",
        ),
    ],
)
def test_how_far_the_clock_is_off(yingzhou, tmp_path, clock, line):
    assert f"clock   {line}" in said(yingzhou, tmp_path, STATUS | {"clock": clock}).out


@pytest.mark.parametrize(
    ("more", "ago_s", "why"),
    [
        ({}, 3600, "the agent has said nothing for 60 min: it was killed, hangs, or cannot write"),
        ({"stopped": True}, 5, "no agent runs: it was stopped 5 s ago, and this is what it said then"),
        ({}, -3600, "this status is 60 min ahead of the clock here: the clock was set back, or the file is another's"),
    ],
)
def test_an_agent_that_does_not_run_is_said_to_not_run(yingzhou, tmp_path, more, ago_s, why):
    found = said(yingzhou, tmp_path, STATUS | more, ago_s=ago_s)
    assert (found.code, found.err) == (1, [f"yingzhou edge: {why}"])
    assert found.out[0].startswith("gateway gw-1, NOT RUNNING: process 1, ")
    as_json = said(yingzhou, tmp_path, STATUS | more, "--json", ago_s=ago_s)
    assert (as_json.code, as_json.json()[0]["running"]) == (1, False)


@pytest.fixture
def process() -> "Iterator[subprocess.Popen[bytes]]":
    """Another process, that ends with the test, and has nobody who waits for it until then."""
    with subprocess.Popen(["sleep", "600"]) as one:
        yield one
        one.kill()


def life_of(process, **other):
    return own_life() | {"pid": process.pid, "began": int(_stat(process.pid)[_BEGAN])} | other


@pytest.mark.parametrize(
    ("full", "first", "why"),
    [
        (True, "disk full", "the agent has said nothing for 42 s: the disk is full"),
        (False, "does it hang?", "the agent has said nothing for 42 s: it hangs, or cannot write there any more"),
    ],
)
def test_an_agent_that_lives_runs_although_its_status_is_old(
    yingzhou, tmp_path, process, monkeypatch, full, first, why
):
    room = os.statvfs(tmp_path)
    blocks = 10 if full else 1 << 20
    monkeypatch.setattr("os.statvfs", lambda _: os.statvfs_result((4096, 4096, *room[2:4], blocks, *room[5:])))
    old = STATUS | {"process": process.pid, "life": life_of(process)}
    found = said(yingzhou, tmp_path, old, ago_s=42)
    assert found.out[0] == f"gateway gw-1, running, status is 42 s old ({first}): process {process.pid}"
    assert (found.code, found.err) == (1, [f"yingzhou edge: {why}"])
    (told,) = said(yingzhou, tmp_path, old, "--json", ago_s=42).json()
    assert (told["running"], told["fresh"], told["disk_full"]) == (True, False, full)


def test_an_agent_that_was_killed_a_moment_ago_does_not_run(yingzhou, tmp_path, process):
    life = life_of(process)
    status = STATUS | {"process": process.pid, "life": life}
    assert said(yingzhou, tmp_path, status).code == 0
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet taken leave of: its number is there
    found = said(yingzhou, tmp_path, status, ago_s=1)
    assert found.out[0] == f"gateway gw-1, NOT RUNNING: process {process.pid}, 1 s ago"
    gone = f"no agent runs: process {process.pid} is gone without a word (killed?); this is from 1 s ago"
    assert (found.code, found.err) == (1, [f"yingzhou edge: {gone}"])
    process.wait()
    assert said(yingzhou, tmp_path, status).code == 1


@pytest.mark.parametrize("other", [{"began": 1}, {"boot": "another"}])
def test_a_number_that_another_process_has_now_is_not_the_agent(yingzhou, tmp_path, process, other):
    assert said(yingzhou, tmp_path, STATUS | {"life": life_of(process, **other)}).code == 1


@pytest.mark.parametrize("ago_s", [0, 60])
def test_of_an_agent_in_another_container_only_the_age_tells(yingzhou, tmp_path, process, ago_s):
    found = said(yingzhou, tmp_path, STATUS | {"life": life_of(process, namespace="pid:[1]")}, ago_s=ago_s)
    assert found.code == (ago_s > 0)


def test_where_no_agent_ever_ran(yingzhou, tmp_path):
    found = said(yingzhou, tmp_path, None)
    missing = tmp_path / "d" / "status.json"
    assert (found.code, found.out) == (1, [])
    assert found.err == [f"yingzhou edge: no agent has run here yet: there is no {missing}"]
    found = said(yingzhou, tmp_path, None, "--json")
    assert (found.code, found.json()) == (1, [{"running": False}])
    missing.write_text("[1")
    found = said(yingzhou, tmp_path, None)
    assert (found.code, found.out) == (1, [])
    assert f"{missing}: no status of an agent" in found.err[0]


def test_json_says_that_it_runs(yingzhou, tmp_path):
    found = said(yingzhou, tmp_path, STATUS, "--json")
    assert (found.code, found.json()[0]["running"], found.json()[0]["gateway"]) == (0, True, "gw-1")
