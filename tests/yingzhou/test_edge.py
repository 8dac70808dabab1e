"""``yingzhou edge status``: what an engineer reads."""

import json
import time

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


def said(yingzhou, tmp_path, status):
    (tmp_path / "d").mkdir(exist_ok=True)
    (tmp_path / "d" / "status.json").write_text(json.dumps({**status, "at_ms": time.time() * 1000}))
    (tmp_path / "gateway.toml").write_text(CONFIG)
    return yingzhou("edge", "status", "-c", str(tmp_path / "gateway.toml"))


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


def test_stations_that_dial_in_tell_of_clock_and_history(yingzhou, tmp_path):
    device = {"state": "up", "last_seen_ms": None, "answer_s": None, "readings": 3, "errors": {}, "notes": []}
    told = {"clock_offset_s": -75.25, "clock_set": 1, "gaps": 2, "missing_h": 3.5, "asked": 4, "pulled": 1200}
    devices = [
        {**device, "source": "sl651:0012345678", "dial_in": {**told, "refused": 0}},
        {**device, "source": "mn:NEW", "dial_in": {**told, "refused": 0, "clock_offset_s": None, "gaps": 0}},
        {**device, "source": "serial:1", "dial_in": None},
    ]
    found = said(yingzhou, tmp_path, STATUS | {"links": [{"name": "a", "devices": devices}]})
    assert found.code == 0
    rows = [line.split() for line in found.out]
    assert ["sl651:0012345678", "-75.2", "s", "1", "2", "3.5", "h", "4", "1,200", "0"] in rows
    assert ["mn:NEW", "not", "known", "1", "0", "4", "1,200", "0"] in rows
    assert not [row for row in rows if row[:1] == ["serial:1"]]
