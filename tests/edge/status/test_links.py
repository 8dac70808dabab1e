from typing import Any

from edge.links.cadence import Breaker
from edge.links.link import DeviceRecord, DialInStatus, LinkStatus
from edge.status.links import link_status


def told(record: DeviceRecord, pause_s: float = 0.0) -> Any:
    link = LinkStatus("a", "modbus-tcp", True, {"late_answer": 1}, (record.status(("refuses ph",), pause_s=pause_s),))
    return link_status(link, {"serial:1": {"spike": 2, "rate": 1}}.__getitem__)


def test_a_device_tells_what_was_measured_of_it() -> None:
    record, breaker = DeviceRecord("serial:1"), Breaker(10)
    for seconds in (0.02, 0.01, 0.5):
        record.heard(1000, 3, seconds)
    record.errors.update(silence=2, missed_tick=4)
    breaker.silence()
    breaker.silence()
    link = told(record, breaker.pause_s)
    assert link["trouble"] == ""
    assert (link["name"], link["kind"], link["up"], link["counters"]) == ("a", "modbus-tcp", True, {"late_answer": 1})
    assert link["devices"] == [
        {
            "source": "serial:1",
            "state": "up",
            "last_seen_ms": 1000,
            "answer_s": 0.5,
            "readings": 9,
            "errors": {"silence": 2},
            "notes": ["refuses ph", "checks: spike 2, rate 1"],
            "dial_in": None,
            "pause_s": 40,
            "missed_ticks": 4,
            "answers": 3,
            "answer_median_s": 0.02,
            "answer_worst_s": 0.5,
        }
    ]
    assert record.errors["missed_tick"] == 4
    breaker.answer()
    assert breaker.pause_s == 0


def test_a_device_that_never_answered() -> None:
    (device,) = told(DeviceRecord("serial:1"))["devices"]
    assert (device["answers"], device["answer_median_s"], device["answer_worst_s"]) == (0, None, None)
    assert (device["last_seen_ms"], device["state"]) == (None, "waiting")


def test_what_a_station_tells_besides_goes_along() -> None:
    status = DeviceRecord("mn:A1").status(dial_in=DialInStatus(0.5, 1, 2, 3.5, 4, 5, 6))
    (device,) = link_status(LinkStatus("a", "hj212-tcp", True, {}, (status,)), lambda _: {})["devices"]
    assert device["dial_in"]["missing_h"] == 3.5


def test_a_link_that_is_down_says_why() -> None:
    down = LinkStatus("a", "coap", False, {}, (), "UDP 0.0.0.0:5683 not had: Address already in use")
    assert link_status(down, lambda _: {})["trouble"] == down.trouble
    up = LinkStatus("a", "coap", True, {}, (), down.trouble)
    assert link_status(up, lambda _: {})["trouble"] == ""
