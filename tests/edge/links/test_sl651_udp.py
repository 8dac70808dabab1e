"""The SL 651 listener on UDP over real sockets: datagrams doubled, torn, forged; a station whose address changes."""

import asyncio
import random
import socket
from contextlib import asynccontextmanager

from protocols.sl651 import Body, Line, decode, encode, packets
from protocols.sl651.items import StationMark, element
from protocols.sl651.times import send_stamp
from protocols.vocabulary import ManualClock
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, asleep, running, until
from tests.edge.links.sl651_calls import NOW, STATION, confirms, golden, report, right_frames, udp_link


class Phone:
    """A socket of a station, by hand."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(("127.0.0.1", port))

    def send(self, *frames) -> None:
        self._socket.send(b"".join(one if isinstance(one, bytes) else encode(one) for one in frames))

    async def answer(self):
        async with asyncio.timeout(30):
            return decode(await asyncio.get_running_loop().sock_recv(self._socket, 70_000))

    def is_silent(self) -> bool:
        try:
            return not self._socket.recv(1)
        except BlockingIOError:
            return True

    def close(self) -> None:
        self._socket.close()


@asynccontextmanager
async def phoning(link):
    await until(lambda: link.port)
    phone = Phone(link.port)
    try:
        yield phone
    finally:
        phone.close()


def counters(link):
    return dict(link.status().counters)


async def test_every_right_frame_in_a_datagram_of_its_own():
    link, intake = udp_link(), Recorder()
    wanted = [frame for frame in (decode(raw) for _, raw in right_frames()) if frame.function != 0x2F]
    async with running(link, intake), phoning(link) as phone:
        for frame in wanted:
            phone.send(frame.raw)
            answer = await phone.answer()
            assert confirms(answer, frame, answer.end)
    assert len(intake.readings) > 60


async def test_two_frames_in_one_datagram_and_noise_around_them():
    link, intake = udp_link(), Recorder()
    one, other = report(1, NOW), report(2, NOW + 60_000)
    async with running(link, intake), phoning(link) as phone:
        phone.send(b"\x00noise", one, b"~~", other)
        assert confirms(await phone.answer(), one)
        assert confirms(await phone.answer(), other)
    assert len(intake.readings) == 2


async def test_a_datagram_that_was_cut_disturbs_no_other():
    link, intake = udp_link(), Recorder()
    one = report(1, NOW)
    async with running(link, intake), phoning(link) as phone:
        raw = encode(one)
        for cut in range(len(raw)):
            phone.send(raw[:cut] or b"\x7e")
            await asyncio.sleep(0)
        phone.send(one)
        assert confirms(await phone.answer(), one)
        await until(lambda: counters(link)["datagram"] == len(raw) + 1)
        assert counters(link)["datagram_without_frame"] == len(raw)
    assert len(intake.readings) == 1


async def test_no_answer_before_the_readings_are_on_disk_and_a_double_is_answered_again():
    link, intake = udp_link(), Recorder(durable=False)
    one = report(1, NOW)
    async with running(link, intake), phoning(link) as phone:
        phone.send(one)
        phone.send(one)
        await until(lambda: counters(link).get("datagram") == 2)
        assert phone.is_silent()
        intake.commit()
        assert confirms(await phone.answer(), one)
        phone.send(one)
        assert confirms(await phone.answer(), one)
    assert len(intake.readings) == 1


async def test_the_answer_goes_to_where_the_station_was_last():
    link, intake = udp_link(), Recorder(durable=False)
    one = report(1, NOW)
    async with running(link, intake), phoning(link) as before, phoning(link) as now:
        before.send(one)
        await until(lambda: intake.batches)
        now.send(one)  # as behind a carrier's address translation, after a while
        await until(lambda: counters(link)["datagram"] == 2)
        intake.commit()
        assert confirms(await now.answer(), one)
        assert before.is_silent()


async def test_a_flood_of_garbage_and_of_strangers_is_bounded(monkeypatch):
    monkeypatch.setattr("edge.links.stations.MAX_STRANGERS", 10)
    link, intake = udp_link(device=[{"station": STATION}]), Recorder()
    chance = random.Random(3)
    async with running(link, intake), phoning(link) as phone:
        for number in range(200):
            phone.send(chance.randbytes(chance.randrange(1, 1400)))
            phone.send(report(1, NOW, line=Line(station=f"{number:010d}", centre=1)))
            await until(lambda: counters(link).get("datagram") == 2 * number + 2)  # noqa: B023 - in this turn
        phone.send(report(1, NOW))
        assert (await phone.answer()).station == "0000000000"
        await until(lambda: any(r.point.source == f"sl651:{STATION}" for r in intake.readings))
        assert counters(link)["stranger"] == 10
        assert counters(link)["too_many_strangers"] == 190
        assert len(link.status().devices) == len(link.desk._talks) == 11
        assert link.desk._held == link.desk._waiting == 0
    assert len(intake.readings) == 11


async def test_a_flood_in_the_name_of_one_station_is_bounded():
    clock = ManualClock()
    link, intake = udp_link(clock, device=[{"station": STATION}]), Recorder()
    content = (StationMark(STATION, ord("H")), element(0xF3, bytes(4000)))
    async with running(link, intake), phoning(link) as phone:
        for number in range(200):
            line = Line(station=STATION, centre=number, password=f"{number:04d}")
            first, *_ = packets(line.up(0x36, Body(number + 1, send_stamp(NOW), content)), 1000)
            phone.send(first)  # the rest of the picture never comes
            await until(lambda: counters(link).get("datagram") == number + 1)  # noqa: B023 - in this turn
        assert len(link.desk._talks[STATION]) == 4
        assert 0 < link.desk._held <= 4 * 1000
        await advanced(clock, 700.0)
        await until(lambda: link.desk._held == 0)
        assert len(link.status().devices) == 1
    assert intake.batches == []


async def test_answers_that_the_system_does_not_take_are_left_and_counted():
    link, intake = udp_link(), Recorder()
    async with running(link, intake), phoning(link) as phone:
        link._transport.get_protocol().pause_writing()  # as the event loop does when its buffer is full
        phone.send(report(1, NOW))
        await until(lambda: link.status().devices and link.status().devices[0].errors.get("unreachable"))
        assert phone.is_silent()
        link._transport.get_protocol().resume_writing()
        phone.send(one := report(1, NOW))
        assert confirms(await phone.answer(), one)
    assert len(intake.readings) == 1


async def test_a_datagram_full_of_frames_is_taken_in_part():
    link, intake = udp_link(), Recorder()
    async with running(link, intake), phoning(link) as phone:
        phone.send(*(report(n, NOW + n * 60_000) for n in range(1, 101)))
        await until(lambda: len(intake.readings) == 32)
        assert counters(link)["frame_left"] == 68


async def test_what_cannot_wait_for_the_disk_is_left_and_comes_again(monkeypatch):
    monkeypatch.setattr("edge.links.sl651_desk.MAX_WAITING", 3)
    link, intake = udp_link(), Recorder(durable=False)
    reports = [report(n, NOW + n * 60_000) for n in range(1, 6)]
    async with running(link, intake), phoning(link) as phone:
        for one in reports:
            phone.send(one)
        await until(lambda: counters(link).get("message_left") == 2)
        assert len(intake.readings) == 3
        intake.commit()
        await phone.answer()
        for one in reports:
            phone.send(one)
        await until(lambda: len(intake.readings) == 5)


async def test_a_taken_port_is_tried_again(caplog):
    caplog.set_level("INFO", "edge.port_claim")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as blocker:
        blocker.bind(("127.0.0.1", 0))
        clock = ManualClock()
        link = udp_link(clock, port=blocker.getsockname()[1])
        async with running(link, Recorder()):
            await advanced(clock, 1.0)
            await until(lambda: counters(link).get("port_not_had", 0) >= 2)
            assert not link.status().up
            assert link.status().trouble.startswith("UDP 127.0.0.1:")
            assert [record.levelname for record in caplog.records] == ["WARNING"]
            blocker.close()
            await asleep(clock)
            await advanced(clock, 300.0)
            await until(lambda: link.status().up)
            assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_station_that_is_silent_for_long_counts_as_silent():
    clock = ManualClock()
    link, intake = udp_link(clock, idle_s=100.0), Recorder()
    async with running(link, intake), phoning(link) as phone:
        phone.send(report(1, NOW))
        await phone.answer()
        await advanced(clock, 99.0)
        phone.send(golden(24))
        await until(lambda: counters(link).get("keep_alive"))
        await advanced(clock, 99.0)
        assert link.status().devices[0].state == "up"
        await advanced(clock, 2.0)
        await until(lambda: link.status().devices[0].state == "silent")
