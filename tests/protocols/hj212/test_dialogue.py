"""Both ends against each other, over a channel that loses, doubles, delays, reorders and damages what is sent."""

from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from protocols.conversation import Send
from protocols.hj212 import Decoder, ExeRtn, encode, qn_of
from protocols.hj212 import requests as ask
from protocols.hj212 import uploads as up
from protocols.hj212.body import Address, Body
from protocols.hj212.data_centre import DataCentre
from protocols.hj212.dialogue import Asked, Delivered, Ended, Noticed, Received, Undelivered
from protocols.hj212.parts import Joiner, Message, split
from protocols.hj212.station import Station

ADDRESS = Address(mn="010000A8900016F000169DC0", st="32", pw="123456")
START = 1_470_013_137_000


class Channel:
    """One direction, one packet at a time: what was put in comes out late, twice, damaged, or not at all."""

    def __init__(self, chance: Random, lost: float, doubled: float, damaged: float, delay_s: float) -> None:
        self._chance = chance
        self._odds = lost, doubled, damaged
        self._delay_s = delay_s
        self._way: list[tuple[float, bytes]] = []

    def put(self, raw: bytes, now_s: float) -> None:
        lost, doubled, damaged = self._odds
        for _ in range(2 if self._chance.random() < doubled else 1):
            if self._chance.random() < lost:
                continue
            sent = bytearray(raw)
            if self._chance.random() < damaged:
                sent[self._chance.randrange(len(sent))] ^= 1 << self._chance.randrange(8)
            self._way.append((now_s + self._chance.random() * self._delay_s, bytes(sent)))

    def get(self, now_s: float) -> list[bytes]:
        due = sorted(row for row in self._way if row[0] <= now_s)
        self._way = [row for row in self._way if row[0] > now_s]
        return [raw for _, raw in due]

    @property
    def due_s(self) -> float | None:
        return min((at_s for at_s, _ in self._way), default=None)


class Meeting:
    """A station and its data centre, with a clock that goes as fast as the test wants it."""

    def __init__(self, seed: int, lost=0.0, doubled=0.0, damaged=0.0, delay_s=0.5, kept=1.0, retries=3) -> None:
        self.chance = Random(seed)
        self.station = Station(ADDRESS, over_time_s=5, retries=retries)
        self.centre = DataCentre(over_time_s=5, retries=retries)
        self.to_centre = Channel(self.chance, lost, doubled, damaged, delay_s)
        self.to_station = Channel(self.chance, lost, doubled, damaged, delay_s)
        self.kept = kept
        self.now_s = 0.0
        self.carried_out: list[str] = []
        self.delivered, self.undelivered, self.received, self.noticed, self.ended = [], [], [], [], []
        self.stored = []
        self.on_disk: list[tuple[float, object]] = []

    def said_by_station(self, said) -> None:
        for outcome in said:
            match outcome:
                case Send(frame):
                    self.to_centre.put(encode(frame), self.now_s)
                case Delivered(packet):
                    self.delivered.append(packet)
                case Undelivered(packet, _):
                    self.undelivered.append(packet)
                case Asked(request):
                    self.carried_out.append((request.qn, request.cn))
                    self.said_by_station(self.carry_out(request))

    def carry_out(self, request):
        data = []
        if request.cn == "1011":
            data = [ADDRESS.packet(up.device_time(START), request.qn, wants_answer=False)]
        return self.station.answer(request, data, now_s=self.now_s)

    def said_by_centre(self, said) -> None:
        for outcome in said:
            match outcome:
                case Send(frame):
                    self.to_station.put(encode(frame), self.now_s)
                case Received(packet, _):
                    self.received.append(packet)
                    self.on_disk.append((self.now_s + self.chance.random(), packet))
                case Noticed(packet):
                    self.noticed.append(packet)
                case Ended():
                    self.ended.append(outcome)

    def step(self) -> None:
        for raw in self.to_station.get(self.now_s):
            for found in Decoder().feed(raw):
                self.said_by_station(self.station.receive(found, self.now_s))
        for raw in self.to_centre.get(self.now_s):
            for found in Decoder().feed(raw):
                self.said_by_centre(self.centre.receive(found, self.now_s))
        for due_s, packet in [row for row in self.on_disk if row[0] <= self.now_s]:
            self.on_disk.remove((due_s, packet))
            if self.chance.random() < self.kept:
                self.stored.append(packet)
                self.said_by_centre(self.centre.taken(packet))
            else:
                self.centre.not_taken(packet)
        self.said_by_station(self.station.wake(self.now_s))
        self.said_by_centre(self.centre.wake(self.now_s))

    def run(self) -> None:
        for _ in range(5_000):
            self.step()
            ends = (self.to_centre, self.to_station, self.station, self.centre)
            due = [end.due_s for end in ends] + [at_s for at_s, _ in self.on_disk]
            if not any(at_s is not None for at_s in due):
                return
            self.now_s = min(at_s for at_s in due if at_s is not None)
        raise AssertionError("they never come to rest")


def uploads(count: int, long: bool = False):
    found = []
    for number in range(count):
        samples = (((f"w{n:05d}-Rtd", f"{number}.{n}"),) for n in range(90 if long and number % 3 == 0 else 2))
        body = Body("2011", ((("DataTime", "20160801085857"),), *samples))
        found += split(ADDRESS.packet(body, qn_of(START + number), wants_answer=True))
    return found


meetings = st.builds(
    Meeting,
    seed=st.integers(0, 2**32),
    lost=st.sampled_from([0, 0.1, 0.4, 0.8]),
    doubled=st.sampled_from([0, 0.3, 0.9]),
    damaged=st.sampled_from([0, 0.2]),
    delay_s=st.sampled_from([0, 1, 20]),
    kept=st.sampled_from([1, 0.7]),
)


@given(meetings, st.integers(1, 12))
def test_nothing_twice_and_nothing_lost_that_was_acknowledged(meeting, count):
    sent = uploads(count, long=True)
    for packet in sent:
        meeting.said_by_station(meeting.station.send(packet, meeting.now_s))
        meeting.now_s += 0.1
        meeting.step()
    meeting.run()
    stored = Counter(meeting.stored)
    assert set(stored.values()) <= {1}, "stored twice"
    assert set(meeting.delivered) <= set(stored), "acknowledged and not stored"
    assert set(stored) <= set(sent)
    assert sorted(map(sent.index, meeting.delivered + meeting.undelivered)) == list(range(len(sent))), (
        "one end for each"
    )


@given(meetings, st.integers(1, 8))
def test_a_request_is_carried_out_once_whatever_happens(meeting, count):
    bodies = [ask.get_time(), ask.set_real_time_interval(60), ask.stop_real_time_data(), ask.start_equipment_state()]
    asked = [ADDRESS.packet(bodies[n % 4], qn_of(START + n), wants_answer=True) for n in range(count)]
    for request in asked:
        meeting.said_by_centre(meeting.centre.ask(request, meeting.now_s))
    meeting.run()
    assert max(Counter(meeting.carried_out).values(), default=0) <= 1
    assert [ended.request for ended in meeting.ended] == asked, "each comes to its end, in its turn"
    for ended in meeting.ended:
        if ended.result is ExeRtn.SUCCESS:
            assert (ended.request.qn, ended.request.cn) in meeting.carried_out
    assert max(Counter(meeting.stored).values(), default=0) <= 1


@given(meetings)
def test_notices_are_told_once(meeting):
    beats = [ADDRESS.packet(up.heartbeat(), qn_of(START + n), wants_answer=True) for n in range(5)]
    for beat in beats:
        meeting.said_by_station(meeting.station.send(beat, meeting.now_s))
        meeting.step()
    meeting.run()
    assert len(set(meeting.noticed)) == len(meeting.noticed)
    assert set(meeting.delivered) <= set(meeting.noticed)


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.3]))
def test_over_a_channel_that_only_reorders_and_doubles_everything_arrives(seed, doubled):
    meeting = Meeting(seed, doubled=doubled, delay_s=1)
    sent = uploads(9, long=True)
    for packet in sent:
        meeting.said_by_station(meeting.station.send(packet, meeting.now_s))
    meeting.run()
    assert set(meeting.stored) == set(meeting.delivered) == set(sent)
    joiner = Joiner()
    messages = [found for packet in meeting.stored for found in joiner.add(packet, 0)]
    assert all(isinstance(message, Message) for message in messages)
    assert {message.packet.qn for message in messages} == {packet.qn for packet in sent}
    assert joiner.waiting == 0


def test_the_initial_dialogue_and_a_request_for_the_time():
    meeting = Meeting(1)
    settings = ask.Settings(over_time_s=7, retries=2, interval_s=60, minutes=10)
    wants_time = ADDRESS.packet(up.ask_for_time(), qn_of(START), wants_answer=True)
    meeting.said_by_station(meeting.station.send(wants_time, 0))
    meeting.run()
    assert (meeting.noticed, meeting.delivered) == ([wants_time], [wants_time])
    for n, body in enumerate(ask.initial_dialogue(settings, START)):
        request = ADDRESS.packet(body, qn_of(START + 1 + n), wants_answer=True)
        meeting.said_by_centre(meeting.centre.ask(request, meeting.now_s))
    meeting.run()
    assert [(ended.request.cn, ended.result) for ended in meeting.ended] == [
        (cn, ExeRtn.SUCCESS) for cn in ("1012", "1000", "1062", "1064", "2011", "2022")
    ]
    assert (meeting.station._waiting.over_time_s, meeting.station._waiting.retries) == (7, 2)


def test_history_is_pulled_after_a_gap():
    hour = 3_600_000
    body = ask.pull_after_gap("2061", START // hour * hour, START // hour * hour + 4 * hour, hour)
    meeting = Meeting(2)
    request = ADDRESS.packet(body, qn_of(START), wants_answer=True)
    hours = [
        ADDRESS.packet(
            Body("2061", ((("DataTime", f"2016080109{n}000"),), (("a-Avg", "1"),))), request.qn, wants_answer=False
        )
        for n in range(3)
    ]
    meeting.carry_out = lambda asked: meeting.station.answer(asked, hours, now_s=meeting.now_s)
    meeting.said_by_centre(meeting.centre.ask(request, 0))
    meeting.run()
    assert set(meeting.stored) == set(hours)
    assert meeting.ended[0].result is ExeRtn.SUCCESS
    assert meeting.centre.receive(replace(hours[0]), meeting.now_s) == []
