"""Each wire says its device's faults."""

import pytest

from protocols import cjt188, dlt645
from protocols.cjt188.requests import Meter as Asked
from protocols.hj212 import Decoder
from protocols.vocabulary import HardwareId, ManualClock
from simulators.devices.coap_node import CoapNode, CoapSettings, Report
from simulators.devices.hj212_content import station_type
from simulators.devices.hj212_link import Hj212Link
from simulators.devices.hj212_logger import Hj212Logger, Hj212Settings
from simulators.devices.lwm2m import POWER, TEMPERATURE, LampSettings, Lwm2mLamp
from simulators.devices.meters import ElectricityMeter, MeterWire, PipeMeter
from simulators.devices.sl651_content import STATION_TYPES
from simulators.devices.sl651_logger import Sl651Logger, Sl651Settings
from simulators.environment import Site, World
from simulators.environment.world import ANCHOR_MS
from simulators.faults import Fault, FaultPlan, Mouth, Schedule
from tests.simulators.faults.test_mouth import FRAME, Pipe

SITE, WORLD, HOUR_MS = Site("station-1"), World(1), 3_600_000
HJ212 = Hj212Settings(host="h", port=1, mn="310151101000001000000001", type=station_type("noise"))
SL651 = Sl651Settings(host="h", port=1, station="0012345678", type=STATION_TYPES["river"])


def seat(kind, size, clock, heard):
    fault = Fault(kind, Schedule("k", ANCHOR_MS, ANCHOR_MS + HOUR_MS), size)
    return FaultPlan({"station-1": [fault]}, {}, clock).seat("station-1", WORLD, heard.extend)


def mouth(kind):
    return Mouth([Fault(kind, Schedule("k", ANCHOR_MS), 1.0)], ManualClock())


def test_a_station_with_a_wrong_clock_measures_now_and_stamps_tomorrow():
    clock, heard = ManualClock(), []
    place = seat("clock", 86_400, clock, heard)
    logger = Hj212Logger(SITE, HJ212, place.world, place.clock, place.witness)
    for _ in range(2):
        logger.measure()
        upload = logger.log.following()
        logger.tell(upload.said, "sent")
        (packet,) = Decoder("standard").feed(upload.frame)
        true = WORLD.value(SITE, "noise", clock.now_ms())
        assert float(packet.first(f"{HJ212.type.factors[0].code}-Rtd")) == round(true, 1)
        logger.log.remove(upload.qn)
        clock.advance(3600)
    assert [(one.time - ANCHOR_MS, one.fault, one.at - ANCHOR_MS) for one in heard if one.observed == "noise"] == [
        (86_400_000, "clock", 0),
        (HOUR_MS, "", HOUR_MS),
    ]


def test_a_gauge_in_centimetres_instead_of_metres():
    clock, heard = ManualClock(), []
    place = seat("unit", 100, clock, heard)
    sample = Sl651Logger(SITE, SL651, place.world, place.clock, place.witness).sample(ANCHOR_MS)
    said = {one.observed: one.value for one in sample.said}
    true = WORLD.value(SITE, "water_level", ANCHOR_MS)
    assert abs(said["water_level"] - 100 * true) < 0.01


def test_a_station_stops_in_the_middle_of_a_frame():
    pipe, clock = Pipe(), ManualClock()
    link = Hj212Link(Hj212Logger(SITE, HJ212, WORLD, clock), mouth("half"))
    link.connection_made(pipe)
    link.send(FRAME)
    assert pipe.written == [FRAME[:10]]


def test_a_meter_is_silent_for_its_neighbours_to_be_heard():
    meters = tuple(PipeMeter(SITE, "water", f"1234567890123{n}", WORLD) for n in range(2))
    meters[0].mouth = mouth("silence")
    wire = MeterWire(meters, lambda: ANCHOR_MS)
    answers = [wire.hear(cjt188.encode(cjt188.requests.read(Asked(0x10, one.meter.address), 1))) for one in meters]
    assert [bool(answer) for answer in answers] == [False, True]


async def test_a_node_without_radio_keeps_its_report():
    settings = CoapSettings(
        host="127.0.0.1", port=1, hardware=HardwareId("imei", "867997030000017"), observed=("noise",)
    )
    node = CoapNode(SITE, settings, WORLD, ManualClock())
    node.mouth = mouth("silence")
    assert not await node._deliver(None, Report(b"pack", ()))


def test_a_meter_that_shows_ten_times_as_much():
    clock, heard = ManualClock(), []
    place = seat("unit", 10, clock, heard)
    volts = []
    for world in (place.world, WORLD):
        meter = ElectricityMeter(SITE._replace(load="house"), "310100000001", world, None, place.witness)
        asked = dlt645.requests.read("310100000001", 0x0201_0100)
        said = MeterWire((meter,), clock.now_ms).hear(dlt645.encode(asked))
        data = dlt645.check(asked, dlt645.decode(said)).data
        volts += [one.value for one in dlt645.measurements(0x0201_0100, data, "2007")]
    assert 200 < volts[1] < 240
    assert volts[0] == pytest.approx(10 * volts[1] % 1000, abs=1)  # its display has three digits before the point
    assert {one.fault for one in heard} == {"unit"}


def test_a_lamp_that_says_another_power_than_it_has():
    clock, heard = ManualClock(), []
    settings = LampSettings(host="h", port=1, endpoint="urn:imei:867997030002005")
    place = seat("step", 500.0, clock, heard)
    lamp = Lwm2mLamp(SITE, settings, place.world, clock, place.witness)
    plain = Lwm2mLamp(SITE, settings, WORLD, clock)
    for one in (lamp, plain):
        one.measure()
    assert lamp.values[POWER] == pytest.approx(plain.values[POWER] + 500)
    assert lamp.values[TEMPERATURE] == pytest.approx(plain.values[TEMPERATURE] + 500)
    lamp.tell([(POWER, lamp.values[POWER])])
    assert [(one.observed, one.fault) for one in heard] == [("active_power", "step")]
