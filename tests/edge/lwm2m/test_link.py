"""The LwM2M server against a client made of aiocoap, over UDP."""

import asyncio
import json
import socket
from collections import Counter
from contextlib import asynccontextmanager
from fractions import Fraction

import aiocoap
import aiocoap.error
import pytest
from aiocoap.numbers import codes

from edge.commands.actuator import Unfit
from edge.lwm2m.config import Lwm2m
from edge.lwm2m.link import Lwm2mLink
from edge.lwm2m.rows import Row, readings
from protocols.lwm2m import AWAKE_S, Node, Path
from protocols.vocabulary import DeviceRefused, NeuronId, SystemClock
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running
from tests.edge.lwm2m.carrier import Carrier
from tests.edge.lwm2m.node import LwM2mNode

IMEI = "urn:imei:867997030001007"
SOURCE = "imei:867997030001007"
LAMP = {
    "/3/0/9": 88,
    "/3303/0/5700": 21.5,
    "/3303/0/5701": "Cel",
    "/3311/0/5850": False,
    "/3311/0/5851": 0,
}


def link_of(clock=None, **more) -> Lwm2mLink:
    fields = {"kind": "lwm2m", "name": "nb", "host": "127.0.0.1", "port": 0, "ack_timeout_s": 0.3} | more
    return Lwm2mLink(Lwm2m.model_validate_json(json.dumps(fields)), clock or SystemClock())


async def until(condition, patience_s: float = 30.0) -> None:
    """Let the event loop turn until something holds."""
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0.005)


def told(intake):
    return [(str(reading.point), reading.value) for reading in intake.readings]


async def test_a_device_registers_is_observed_and_its_readings_are_stored():
    link, intake = link_of(), Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        async with LwM2mNode(LAMP).on(link.port) as node:
            answer = await node.register(IMEI, "lt=300", "b=U")
            assert str(answer.code) == "2.01 Created"
            assert answer.opt.location_path[0] == "rd"
            assert len(answer.opt.location_path[1]) > 8
            await until(lambda: len(intake.readings) >= 4)
            node.notify("/3303/0/5700", 22.25)
            await until(lambda: len(intake.readings) >= 5)
            (device,) = link.status().devices
    source = "imei:867997030001007"
    assert sorted(told(intake)[:4]) == [
        (f"{source}/air_temperature", 21.5),
        (f"{source}/battery_level", 88.0),
        (f"{source}/lamp_level", 0.0),
        (f"{source}/switched_on", 0.0),
    ]
    assert told(intake)[4] == (f"{source}/air_temperature", 22.25)
    assert (device.source, device.state, device.readings, device.errors) == (source, "up", 5, {})


@asynccontextmanager
async def served(link, values=LAMP, *register, intake=None, endpoint=IMEI, **more):
    """A link, a node that is registered, and what is stored."""
    intake = intake or Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        async with LwM2mNode(values, **more).on(link.port) as node:
            if register:
                assert (await node.register(endpoint, *register)).code is codes.CREATED
                await until(lambda: settled(link, endpoint))
            yield node, intake


def settled(link, endpoint=IMEI):
    device = link.devices.get(endpoint)
    return device is not None and device.settled and device.known


@pytest.mark.parametrize("durable", [True, False])
async def test_a_notification_is_acknowledged_when_it_is_on_disk(durable):
    link, intake = link_of(), Recorder()
    async with served(link, {"/3303/0/5700": 21.5}, "b=U", intake=intake):
        intake._durable = durable
        observation = next(iter(link.devices[IMEI]._observations.values()))
        acks = []
        link._port.messages._send_empty_ack = lambda remote, mid, reason: acks.append(mid)
        for _ in range(2):  # it comes twice: it is stored once
            message = aiocoap.Message(
                code=codes.CONTENT, payload=b"23.5", content_format=0, observe=9, _mid=7, _token=observation.token
            )
            message.mtype, message.remote = aiocoap.CON, observation.remote
            link._port.messages.dispatch_message(message)
        await asyncio.sleep(0.05)
        assert acks == ([7, 7] if durable else [])
        intake.commit()
        await until(lambda: acks == [7, 7])
    assert [value for _, value in told(intake)] == [21.5, 23.5]
    assert link.counters["notification_repeated"] == 1


async def test_an_answer_that_comes_again_because_its_request_did_is_stored_once():
    link, intake = link_of(), Recorder()
    async with served(link, {"/3303/0/5700": 21.5}, "b=U", intake=intake):
        observation = next(iter(link.devices[IMEI]._observations.values()))
        for number in (20, 21, 20):  # the last one with a time of its own, which would let an overtaken one in
            message = aiocoap.Message(
                code=codes.CONTENT,
                payload=json.dumps([{"bn": "/3303/0/5700", "v": number, "bt": 1_795_000_000 + number}]).encode(),
                content_format=110,
                observe=number,
                _mid=number,
                _token=observation.token,
            )
            message.mtype, message.remote = aiocoap.ACK, observation.remote
            observation.heard(message)
        (device,) = link.status().devices
    assert [value for _, value in told(intake)] == [21.5, 20.0, 21.0]
    assert link.counters["notification_repeated"] == 1
    assert device.errors == {}


async def test_when_the_disk_refuses_a_notification_it_is_taken_when_it_comes_again():
    link, intake = link_of(), Recorder()
    async with served(link, {"/3303/0/5700": 21.5}, "b=U", intake=intake) as (node, _):
        intake._durable = False
        node.notify("/3303/0/5700", 30.0)
        await until(lambda: len(intake.batches) == 2)
        intake.fail()
        await until(lambda: len(intake.batches) == 3, 30)
        intake.commit()
    assert [value for _, value in told(intake)] == [21.5, 30.0, 30.0]
    assert link.counters["not_kept"] == 1


@pytest.mark.parametrize(
    ("version", "links", "formats"),
    [
        ("1.0", None, (11542,)),
        ("1.0", None, (0,)),
        ("1.0", '</>;rt="oma.lwm2m";ct=11543,</3303/0>,</3311/0>', (11543,)),
        ("1.1", '</>;rt="oma.lwm2m";ct="110 112",</3303/0>,</3311/0>', (110, 112)),
        ("1.1", '</>;rt="oma.lwm2m";ct="110",</3303/0>,</3311/0>', (110,)),
        ("1.1", None, (112,)),
    ],
)
async def test_content_formats_are_found_by_version_and_offer(version, links, formats):
    values = {"/3303/0/5700": 21.5, "/3311/0/5851": 10}
    link = link_of()
    async with served(link, values, formats=formats) as (node, intake):
        await node.register(IMEI, "b=U", links=links, version=version)
        await until(lambda: settled(link))
        assert sorted(value for _, value in told(intake)) == [10.0, 21.5]
        assert await link.write(SOURCE, "lamp_level", "", 70) == 70
        assert node.values[Path.parse("/3311/0/5851")] == 70


async def test_units_of_the_device_count_and_rows_stand_above_them():
    rows = [{"path": "/3300/0/5700", "observed": "water_level", "unit": "cm"}]
    rows += [{"path": "/3303/1/5700", "observed": "water_temperature", "divisor": 10.0}]
    values = {"/3303/0/5700": 77.0, "/3303/0/5701": "F", "/3315/0/5700": 101325.0, "/3315/0/5701": "Pa"}
    values |= {"/3300/0/5700": 312.0, "/3303/1/5700": 214.0, "/3303/2/5700": 5.5, "/3316/0/5700": 3.25}
    link = link_of(rows=rows)
    async with served(link, values, "b=U") as (_, intake):
        stored = dict(told(intake))
    assert stored == {
        f"{SOURCE}/air_temperature": 25.0,
        f"{SOURCE}/air_temperature/2": 5.5,
        f"{SOURCE}/air_pressure": 1013.25,
        f"{SOURCE}/water_level": 3.12,
        f"{SOURCE}/water_temperature": 21.4,
        f"{SOURCE}/voltage": 3.25,
    }


async def test_the_device_tells_when_it_measured():
    values = {"/3303/0/5700": 21.5, "/3303/0/5518": 1_795_000_000}
    link, intake = link_of(), Recorder()
    async with served(link, values, "b=U", intake=intake):
        device = link.devices[IMEI]
        found = readings(
            [Node(Path(3303, 0, 5700), 20.0), Node(Path(3303, 0, 5518), 1_795_000_000)], device.known, {}, SOURCE, 5
        )[0]
    assert [(one.time, one.value) for one in found] == [(1_795_000_000_000, 20.0)]


async def test_a_resource_that_is_not_observable_is_read_at_each_update():
    link = link_of()
    async with served(link, {"/3303/0/5700": 21.5}) as (node, intake):
        node.observable = False
        await node.register(IMEI, "b=U")
        await until(lambda: settled(link))
        node.values[Path.parse("/3303/0/5700")] = 25.0
        await node.update()
        await until(lambda: len(intake.readings) == 2)
    assert [value for _, value in told(intake)] == [21.5, 25.0]


async def test_what_the_device_refuses_is_told():
    link = link_of()
    async with served(link, LAMP) as (node, _):
        node.refuse = {"/3/0": codes.METHOD_NOT_ALLOWED, "/3/0/9": codes.UNAUTHORIZED}
        await node.register(IMEI, "b=U")
        await until(lambda: settled(link))
        (device,) = link.status().devices
    assert "/3/0/9 refused: 4.01" in device.notes
    assert device.errors == {"refused": 1}


async def test_attributes_are_written_before_observing():
    link = link_of(min_period_s=10, max_period_s=600)
    async with served(link, {"/3303/0/5700": 21.5}, "b=U") as (node, _):
        assert node.attributes == [("/3303/0/5700", "pmin=10&pmax=600")]


async def test_registration_is_updated_ended_and_unknown_locations_are_4_04():
    link = link_of()
    async with served(link, LAMP, "b=U", "lt=300") as (node, _):
        assert (await node.update("lt=600")).code is codes.CHANGED
        assert link.book.registration(IMEI).lifetime_s == 600
        assert (await node.deregister()).code is codes.DELETED
        assert (await node.update()).code is codes.NOT_FOUND
        (device,) = link.status().devices
        assert (device.state, device.notes) == ("silent", ("not registered any more",))
        assert link.status().counters["deregistered"] == 1


async def test_registrations_expire():
    link = link_of()
    async with served(link, {"/3/0/9": 1}, "b=U", "lt=1"):
        await until(lambda: link.counters["expired"] == 1, 30)
        assert len(link.book.registry) == 0


async def test_links_come_block_wise():
    links = ",".join(f"</3303/{number}>" for number in range(200))
    link = link_of()
    async with served(link, {}) as (node, _):
        assert (await node.register(IMEI, "b=UQ", links=links)).code is codes.CREATED
        assert len(link.book.registration(IMEI).offer.instances) == 200


@pytest.mark.parametrize(
    ("query", "links", "code"),
    [
        (("lwm2m=1.0",), "</3/0>", codes.BAD_REQUEST),
        (("ep=a", "lwm2m=9.9"), "</3/0>", codes.PRECONDITION_FAILED),
        (("ep=a", "lt=-1"), "</3/0>", codes.BAD_REQUEST),
        (("ep=a",), "no links", codes.BAD_REQUEST),
        (("ep=some thing",), "</3/0>", codes.BAD_REQUEST),
    ],
)
async def test_what_is_refused(query, links, code):
    link = link_of()
    async with served(link, {}) as (node, _):
        answer = await node.request(codes.POST, ("rd",), query, links.encode(), content_format=40)
        assert answer.code is code
        assert answer.payload
        assert (await node.request(codes.GET, ("rd",))).code is codes.METHOD_NOT_ALLOWED
        assert (await node.request(codes.GET, ("other",))).code is codes.NOT_FOUND


async def test_who_is_not_listed_may_be_refused_and_is_shown():
    listed = [{"endpoint": "lamp 7", "neuron": "nrn-000000000"}]
    listed[0]["neuron"] = str(NeuronId.from_int(7))
    link = link_of(unknown="refuse", device=listed)
    async with served(link, {}) as (node, _):
        for number in range(40):
            assert (await node.register(f"stranger{number}", links="</3/0>")).code is codes.FORBIDDEN
        assert (await node.register("lamp 7", links="</3/0>")).code is codes.CREATED
        status = link.status()
    assert status.counters["stranger"] == 40
    assert len(status.devices) == 33
    assert {device.source for device in status.devices} >= {listed[0]["neuron"], "lwm2m:stranger0"}


async def test_a_network_may_have_so_many_registrations():
    link = link_of(limits={"registrations_per_network": 2})
    async with served(link, {}) as (node, _):
        given = [(await node.register(f"d{number}", links="</3/0>")).code for number in (1, 2, 3, 1)]
        assert given == [codes.CREATED, codes.CREATED, codes.SERVICE_UNAVAILABLE, codes.CREATED]
        await node.deregister()
        assert (await node.register("d3", links="</3/0>")).code is codes.CREATED
    assert link.counters["too_many_registrations"] == 1


async def test_strangers_leave_the_places_of_listed_devices():
    link = link_of(max_registrations=2, device=[{"endpoint": IMEI}])
    async with served(link, {}) as (node, _):
        given = [(await node.register(name, links="</3/0>")).code for name in ("d1", "d2", IMEI, "d3")]
    assert given == [codes.CREATED, codes.SERVICE_UNAVAILABLE, codes.CREATED, codes.SERVICE_UNAVAILABLE]


async def test_requests_that_cost_too_much_to_remember_are_put_off():
    link = link_of(limits={"exchanges_per_network": 2})
    async with served(link, {}) as (node, _):
        given = [(await node.request(codes.GET, ("x",))).code for _ in range(3)]
    assert given == [codes.NOT_FOUND, codes.NOT_FOUND, codes.TOO_MANY_REQUESTS]
    assert link.counters["too_many_of_network"] == 1


async def test_a_command_is_written_and_read_back():
    link = link_of()
    async with served(link, LAMP, "b=U") as (node, _):
        assert not link.sleeps(SOURCE)
        assert link.fit(SOURCE, "switched_on", "", 1) == 1
        assert link.fit(SOURCE, "no_such_thing", "", 1) is None
        assert link.fit("imei:1", "switched_on", "", 1) is None
        with pytest.raises(Unfit, match="expected 0 to 100"):
            link.fit(SOURCE, "lamp_level", "", 101)
        with pytest.raises(Unfit, match="multiple of 1"):
            link.fit(SOURCE, "lamp_level", "", 50.5)
        with pytest.raises(Unfit, match="may not be written"):
            link.fit(SOURCE, "air_temperature", "", 20)
        assert await link.write(SOURCE, "switched_on", "", 1) == 1
        assert await link.write(SOURCE, "lamp_level", "", 60) == 60
        assert node.values[Path.parse("/3311/0/5850")] is True
        node.refuse = {"/3311/0/5851": codes.METHOD_NOT_ALLOWED}
        with pytest.raises(DeviceRefused, match=r"4\.05"):
            await link.write(SOURCE, "lamp_level", "", 0)
        assert [path for method, path in node.asked if method == "PUT"].count("/3311/0/5851") == 2


async def test_a_resource_is_executed():
    rows = [{"path": "/3/0/4", "observed": "restart", "execute": True}]
    link = link_of(rows=rows)
    async with served(link, {"/3/0/9": 1, "/3/0/4": 0}, "b=U") as (node, _):
        assert await link.write(SOURCE, "restart", "", 1) == 1
        assert node.executed == ["/3/0/4"]


async def test_a_command_waits_until_the_device_wakes_and_is_sent_once():
    clock = Shifted()
    link = link_of(clock)
    async with served(link, LAMP, "b=UQ") as (node, _):
        clock.shift_s += AWAKE_S
        assert link.sleeps(SOURCE)
        async with asyncio.TaskGroup() as group:
            written = group.create_task(link.write(SOURCE, "lamp_level", "", 40))
            withdrawn = group.create_task(link.write(SOURCE, "switched_on", "", 1))
            await until(lambda: link.book.registry.standing(IMEI).waiting == 2)
            assert "2 requests wait" in link.status().devices[0].notes[1]
            withdrawn.cancel()
            await until(lambda: link.book.registry.standing(IMEI).waiting == 1)
            assert ("PUT", "/3311/0/5851") not in node.asked
            await node.update()
            assert await written == 40
        assert node.asked.count(("PUT", "/3311/0/5851")) == 1
        assert ("PUT", "/3311/0/5850") not in node.asked


async def test_a_command_waits_for_a_device_whose_registration_ended():
    link = link_of()
    async with served(link, LAMP, "b=UQ") as (node, _):
        await node.deregister()
        assert link.sleeps(SOURCE)
        async with asyncio.TaskGroup() as group:
            written = group.create_task(link.write(SOURCE, "lamp_level", "", 40))
            await asyncio.sleep(0)
            await node.register(IMEI, "b=UQ")
            assert await written == 40
            await until(lambda: settled(link))


async def test_observations_that_brought_nothing_for_long_are_asked_for_again():
    clock = Shifted()
    link = link_of(clock)
    async with served(link, {"/3303/0/5700": 21.5}, "b=U") as (node, intake):
        clock.shift_s += 3601
        node.values[Path.parse("/3303/0/5700")] = 26.0
        await node.update()
        await until(lambda: len(intake.readings) == 2)
    assert link.counters["observed_anew"] == 1


async def test_another_address_changes_nothing():
    link, intake = link_of(), Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        async with Carrier(link.port).open() as carrier, LwM2mNode(LAMP).on(carrier.port) as node:
            await node.register(IMEI, "b=U")
            await until(lambda: settled(link))
            before = link.book.registry.standing(IMEI).address
            await carrier.rebind()
            node.notify("/3303/0/5700", 30.0)
            await until(lambda: told(intake)[-1][1] == 30.0)
            assert link.book.registry.standing(IMEI).address != before
            assert await link.write(SOURCE, "lamp_level", "", 25) == 25
            await carrier.rebind()
            assert (await node.update()).code is codes.CHANGED
            assert await link.write(SOURCE, "lamp_level", "", 35) == 35
    assert link.counters["registered"] == 1
    assert node.asked.count(("GET", "/3303/0")) == 1


async def test_a_bad_network_stores_each_value_once(capsys):
    delay_s, ack_timeout_s = 0.2, 0.3
    link, intake = link_of(renew_s=10 * delay_s, ack_timeout_s=ack_timeout_s), Recorder()
    values = {"/3303/0/5700": 0.0}
    async with running(link, intake):
        await until(lambda: link.port)
        carrier = Carrier(link.port, loss=0.3, doubles=0.3, delay_s=delay_s)
        async with carrier.open(), LwM2mNode(values, ack_timeout_s=ack_timeout_s).on(carrier.port) as node:
            while True:
                try:
                    await node.register(IMEI, "b=U", "lt=300")
                    break
                except aiocoap.error.NetworkError:
                    continue
            await until(lambda: settled(link), 600)
            for number in range(1, 31):
                if number % 10 == 0:
                    await carrier.rebind()
                node.notify("/3303/0/5700", float(number))
                await asyncio.sleep(0.1)
            carrier.loss = 0.0
            deadline = 30
            while told(intake)[-1][1] != 30.0 and deadline:
                deadline -= 1
                await node.update()
                await asyncio.sleep(1 + delay_s)
    stored = [value for _, value in told(intake)]
    assert stored[-1] == 30.0
    newest = [value for value in stored if value]
    assert newest == sorted(newest)
    doubles = {value: count for value, count in Counter(newest).items() if count > 1}
    assert sum(doubles.values()) <= 2 * link.counters["observed_anew"] + 2 * link.counters["registered"]
    with capsys.disabled():
        print(json.dumps({"carrier": carrier.counts, "link": dict(link.counters), "stored": len(stored)}))


class Shifted:
    """The machine's clock, some time later."""

    def __init__(self) -> None:
        self.shift_s = 0.0
        self._clock = SystemClock()

    def now_ms(self) -> int:
        return self._clock.now_ms() + round(self.shift_s * 1000)

    def monotonic_s(self) -> float:
        return self._clock.monotonic_s() + self.shift_s

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


async def test_a_device_that_is_not_heard_for_long_counts_as_silent_though_it_is_registered():
    clock = Shifted()
    link = link_of(clock, idle_s=1800)
    async with served(link, {"/3303/0/5700": 21.5}, "lt=86400", "b=UQ") as (node, intake):
        heard_ms = link.status().devices[0].last_seen_ms
        clock.shift_s += 1700
        assert link.status().devices[0].state == "up"
        clock.shift_s += 100.5
        (device,) = link.status().devices
        assert (device.state, device.last_seen_ms) == ("silent", heard_ms)
        assert any("queue mode" in note for note in device.notes), "it is registered still"
        node.notify("/3303/0/5700", 22.0)
        await until(lambda: len(intake.readings) == 2)
        (device,) = link.status().devices
        assert (device.state, device.last_seen_ms >= heard_ms + 1_800_000) == ("up", True)


async def test_a_deaf_device_that_never_sleeps_counts_as_silent_until_it_answers():
    link, intake = link_of(ack_timeout_s=0.1), Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
            deaf.connect(("127.0.0.1", link.port))
            register = aiocoap.Message(
                code=codes.POST, uri_path=("rd",), uri_query=(f"ep={IMEI}", "lt=300", "b=U"), content_format=40,
                payload=b"</3303/0>", _mid=1, _token=b"1", _mtype=aiocoap.CON,
            )  # fmt: skip
            deaf.send(register.encode())
            await until(lambda: link.devices)
            assert link.status().devices[0].state == "up"
            await until(lambda: link.status().devices[0].state == "silent")
            assert link.status().devices[0].errors == {"no_answer": 1}


async def test_what_an_earlier_run_heard_is_told_after_a_restart(tmp_path):
    clock = Shifted()
    first, second = link_of(clock), link_of(clock)
    for link in (first, second):
        link.remember(tmp_path / "nb.json")
    async with served(first, LAMP, "lt=86400", "b=UQ"):
        heard_ms = first.status().devices[0].last_seen_ms
    async with running(second, Recorder()):
        await until(lambda: second.devices)
        (device,) = second.status().devices
        assert (device.state, abs(device.last_seen_ms - heard_ms) < 2000) == ("waiting", True)
        clock.shift_s += 7200
        (device,) = second.status().devices
        assert (device.state, abs(device.last_seen_ms - heard_ms) < 2000) == ("silent", True)


@pytest.mark.parametrize("binding", ["b=U", "b=UQ"])
async def test_a_restart_of_the_agent_goes_unnoticed(tmp_path, binding):
    first, intake = link_of(), Recorder()
    first.remember(tmp_path / "lwm2m" / "nb.json")
    async with LwM2mNode(LAMP).on(None) as node:
        async with running(first, intake):
            await until(lambda: first.port)
            node.server = ("127.0.0.1", first.port)
            await node.register(IMEI, binding)
            await until(lambda: settled(first))
        port = node.server[1]
        second = link_of(port=port)
        second.remember(tmp_path / "lwm2m" / "nb.json")
        async with running(second, intake):
            await until(lambda: second.port)
            asked = len(node.asked)
            assert second.sleeps(SOURCE) is (binding == "b=UQ")
            node.notify("/3303/0/5700", 33.0)
            await until(lambda: told(intake)[-1][1] == 33.0)
            assert node.asked[asked:] == [("GET", "/3303/0/5700")]  # the node asks itself, to notify
            assert await second.write(SOURCE, "lamp_level", "", 15) == 15
            assert (await node.update()).code is codes.CHANGED
    assert second.counters["registered"] == 0


async def test_a_damaged_memory_is_counted(tmp_path):
    path = tmp_path / "nb.json"
    path.write_text('[{"registration": 7}]')
    link = link_of()
    link.remember(path)
    async with running(link, Recorder()):
        await until(lambda: link.port)
    assert link.counters["memory_unreadable"] == 1


@pytest.mark.parametrize("value", [10**400, float("nan"), float("inf"), -1e300, "text", b"bytes"])
def test_what_is_no_number_is_no_reading(value):
    for row in (Row(Path(3303, 0, 5700), "air_temperature"), Row(Path(9, 0, 1), "x", scale=Fraction(10**300))):
        found, refused = readings([Node(row.path, value)], {row.path: row}, {}, SOURCE, 7)
        assert found == []
        assert refused.total() == 1


@pytest.mark.parametrize(("stamp", "time"), [(5, 5000), (0, 7), (-1, 7), (1 << 62, 7), (True, 7), ("5", 7)])
def test_stamps_that_cannot_be_are_not_taken(stamp, time):
    row = Row(Path(3303, 0, 5700), "air_temperature")
    found, _ = readings([Node(row.path, 1.0), Node(Path(3303, 0, 5518), stamp)], {row.path: row}, {}, SOURCE, 7)
    assert [one.time for one in found] == [time]


async def test_a_resource_that_vanishes_is_not_asked_for_again():
    clock = Shifted()
    link = link_of(clock)
    async with served(link, LAMP, "b=U") as (node, _):
        del node.values[Path.parse("/3303/0/5700")]
        await node.update("lt=86400")
        clock.shift_s += 3601
        node.refuse = {"/3303/0/5700": codes.NOT_FOUND}
        for _ in range(2):
            await node.update()
            await until(lambda: settled(link))
        assert Path(3303, 0, 5700) not in link.devices[IMEI].known
        assert link.status().up
