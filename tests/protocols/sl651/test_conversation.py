from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.conversation import Send
from protocols.sl651 import (
    Asked,
    Centre,
    CentreTimes,
    Confirmed,
    Delivered,
    Direction,
    End,
    Frame,
    GaveUp,
    Ignored,
    Incomplete,
    KeptAlive,
    Left,
    Line,
    Mode,
    Packet,
    Station,
    StationTimes,
    Unanswered,
)
from protocols.sl651 import messages as m
from protocols.sl651.centre import MAX_COMMANDS, MAX_REMEMBERED
from protocols.sl651.items import Element, Named, Series, StationMark, TimeMark, element
from protocols.sl651.numbers import packed_number
from protocols.sl651.station import MAX_REPORTS
from tests.protocols.sl651.channel import MORNING_MS, Channel

LINE = Line(station="0012345678", centre=1, password="1234")
MARK = StationMark("0012345678", 0x48)


def items(number: int, size: int = 0) -> tuple:
    """A report that is told apart from all others; with ``size`` it is a picture."""
    time = TimeMark(f"2401010{number % 10}{number // 10 % 60:02d}")
    level = element(0x39, packed_number(number, 4, 2), 2)
    picture = (element(0xF3, bytes((number * 7 + at) % 251 for at in range(size))),) if size else ()
    return (MARK, time, *(picture or (level,)))


def channel(fates=(), *, line: Line = LINE, **settings_of_ends) -> Channel:
    station = {k: v for k, v in settings_of_ends.items() if k in ("confirmed", "part_bytes")}
    centre = {k: v for k, v in settings_of_ends.items() if k in ("stay", "check_password", "always_on")}
    times = settings_of_ends.get("station_times", StationTimes())
    return Channel(
        Station(line, times, **station), Centre(line, settings_of_ends.get("centre_times"), **centre), deque(fates)
    )


def kinds(said) -> list:
    return [type(word) for word in said]


def test_a_report_is_confirmed_and_the_station_leaves():
    ends = channel()
    ends.report(0x32, items(1))
    ends.run()
    assert kinds(ends.heard) == [Delivered, Confirmed, Left]
    report, answer = ends.sent
    assert (report.end, answer.end) == (End.ETX, End.EOT)
    assert (answer.function, answer.serial, answer.send_time) == (0x32, 1, report.send_time)
    assert (ends.station.due_s, ends.centre.due_s) == (None, None)


def test_nothing_is_confirmed_before_it_is_stored():
    ends = channel()
    ends.confirms = False
    ends.report(0x32, items(1))
    ends.run(1020)
    assert (len(ends.delivered), len(ends.sent), ends.confirmed) == (1, 1, [])
    # a repetition of what waits to be stored is not delivered again, and not answered
    ends.run(1040)
    assert (len(ends.delivered), len(ends.sent)) == (1, 2)
    ends.store()
    ends.store()
    ends.run(1050)
    assert len(ends.confirmed) == 1
    assert len(ends.sent) == 3


def test_m1_sends_and_waits_for_nothing():
    ends = channel(confirmed=False)
    ends.report(0x32, items(1))
    ends.report(0x32, items(2))
    assert len(ends.sent) == 2
    assert ends.station.due_s is None
    assert ends.station.idle


def test_two_repetitions_then_it_gives_everything_back():
    ends = channel(["drop"] * 3)
    ends.report(0x32, items(1))
    ends.report(0x33, items(2))
    ends.run()
    assert [frame.function for frame in ends.sent] == [0x32] * 3
    assert len({frame.serial for frame in ends.sent}) == 1, "what is sent again keeps its serial number"
    assert [frame.function for frame in ends.given_up] == [0x32, 0x33]
    assert ends.station.idle
    (given_up,) = [word for word in ends.heard if isinstance(word, GaveUp)]
    for message in given_up.messages:
        ends.report_again(message)
    ends.run()
    assert [frame.serial for frame in ends.confirmed] == [1, 2]


def test_when_only_the_answer_is_lost_it_is_sent_again_and_nothing_is_delivered_twice():
    ends = channel(["pass", "drop", "pass", "drop", "pass", "pass"])
    ends.report(0x32, items(1))
    ends.run()
    assert (len(ends.delivered), len(ends.confirmed), len(ends.sent)) == (1, 1, 6)
    assert len({frame.body for frame in ends.sent if frame.direction is Direction.DOWN}) == 1


def test_the_serial_number_wraps_to_1():
    station = Station(LINE, serial=0xFFFE)
    (first,) = station.report(0x32, items(1), 0.0, MORNING_MS)
    assert first.frame.serial == 0xFFFF
    station.receive(m.acknowledgement(LINE, first.frame, End.ESC), 1.0)
    (second,) = station.report(0x32, items(2), 2.0, MORNING_MS)
    assert second.frame.serial == 1


def test_a_station_that_began_anew_is_not_taken_for_a_repetition():
    centre = Centre(LINE)
    for number in (1, 2):
        (said,) = Station(LINE).report(0x32, items(number), 0.0, MORNING_MS)
        assert said.frame.serial == 1
        assert kinds(centre.receive(said.frame, 0.0)) == [Delivered]


def test_a_repetition_with_a_new_send_time_is_one():
    centre = Centre(LINE)
    frames = [Station(LINE).report(0x32, items(1), 0.0, MORNING_MS + ms)[0].frame for ms in (0, 30_000)]
    assert frames[0].send_time != frames[1].send_time
    (delivered,) = centre.receive(frames[0], 0.0)
    centre.confirm(delivered, 1.0)
    (again,) = centre.receive(frames[1], 30.0)
    assert again.frame.end is End.EOT


def test_many_packets_and_one_confirmation():
    ends = channel()
    ends.report(0x36, items(1, 1000))
    ends.run()
    *parts, answer = ends.sent
    assert [frame.end for frame in parts] == [End.ETB] * 4 + [End.ETX]
    assert (answer.end, answer.packet, answer.serial) == (End.EOT, Packet(5, 5), 1)
    assert [delivered.total for delivered in ends.delivered] == [5]
    assert ends.delivered[0].message == ends.confirmed[0]


@pytest.mark.parametrize("lost", range(5))
def test_a_packet_that_is_missing_is_asked_for_and_sent_again_with_etx(lost):
    ends = channel(["drop" if number == lost else "pass" for number in range(5)])
    ends.report(0x36, items(1, 1000))
    ends.run()
    nak = next(frame for frame in ends.sent if frame.end is End.NAK)
    assert nak.packet == Packet(5, lost + 1)
    assert nak.serial == (0 if lost == 0 else 1)
    again = ends.sent[ends.sent.index(nak) + 1]
    assert (again.packet, again.end) == (Packet(5, lost + 1), End.ETX)
    assert len(ends.delivered) == len(ends.confirmed) == 1
    assert len([frame for frame in ends.sent if frame.direction is Direction.UP]) == 6


def test_several_missing_packets_are_asked_for_one_by_one():
    ends = channel(["pass", "drop", "drop", "drop", "pass"])
    ends.report(0x36, items(1, 1000))
    ends.run()
    assert [frame.packet.number for frame in ends.sent if frame.end is End.NAK] == [2, 3, 4]
    assert len(ends.delivered) == len(ends.confirmed) == 1


def test_a_message_that_never_becomes_whole_is_told():
    ends = channel(["pass", "drop", "pass", "pass", "pass"], station_times=StationTimes(repeats=0))
    ends.fates.extend(["drop"] * 100)
    ends.report(0x36, items(1, 1000))
    ends.run()
    (incomplete,) = [word for word in ends.heard if isinstance(word, Incomplete)]
    assert (incomplete.missing, incomplete.total, incomplete.function) == ((2,), 5, 0x36)
    assert ends.delivered == []
    assert len(ends.given_up) == 1
    assert len([frame for frame in ends.sent if frame.end is End.NAK]) == 3


def test_esc_keeps_the_station_on_the_line_for_ten_minutes_with_keep_alives():
    ends = channel(stay=True, station_times=StationTimes(keep_alive_s=40))
    ends.report(0x32, items(1))
    begin = ends.now_s
    ends.run()
    alive = [frame for frame in ends.sent if frame.function == 0x2F]
    assert len(alive) == 14
    assert {frame.serial for frame in alive} == {1}
    assert alive[0].send_time == "240101081720"  # 40.4 s after the report
    assert kinds(ends.heard)[:2] == [Delivered, Confirmed]
    assert kinds(ends.heard)[2:] == [KeptAlive] * 14 + [Left]
    assert ends.now_s - begin == pytest.approx(600, abs=2)
    assert not [frame for frame in ends.sent if frame.direction is Direction.DOWN][1:], "a keep-alive is not answered"


def test_a_query_is_answered_and_confirmed():
    ends = channel()
    ends.answer = lambda _query: items(5)
    ends.ask(m.QUERY_NOW)
    ends.run(1500)
    query, answer, confirmation = ends.sent
    assert (query.end, query.serial, answer.end, confirmation.end) == (End.ENQ, 0, End.ETX, End.EOT)
    assert (confirmation.function, confirmation.serial) == (0x37, answer.serial)
    assert kinds(ends.heard) == [Asked, Delivered, Confirmed, Left]
    assert ends.delivered[0].answers == m.QUERY_NOW
    assert not ends.centre.busy


def test_commands_are_asked_one_after_the_other():
    ends = channel(stay=True)
    ends.answer = lambda query: items(5) if query.function == 0x37 else (StationMark("0012345678"),)
    for command in (m.QUERY_NOW, m.SET_CLOCK, m.QUERY_CLOCK):
        ends.ask(command)
    assert len(ends.sent) == 1
    ends.run(1500)
    assert [frame.function for frame in ends.asked] == [0x37, 0x4A, 0x51]
    assert [frame.end for frame in ends.sent if frame.direction is Direction.DOWN] == [
        *(End.ENQ, End.ACK, End.ENQ, End.ACK, End.ENQ, End.ESC)
    ]
    assert [delivered.answers for delivered in ends.delivered] == [m.QUERY_NOW, m.SET_CLOCK, m.QUERY_CLOCK]


def test_a_command_waits_until_a_station_that_sleeps_was_heard():
    ends = channel(always_on=False)
    ends.answer = lambda _query: (StationMark("0012345678"),)
    ends.ask(m.SET_CLOCK)
    assert ends.sent == []
    ends.report(0x32, items(1))
    ends.run()
    assert [(frame.function, frame.end) for frame in ends.sent] == [
        (0x32, End.ETX),
        (0x32, End.ESC),
        (0x4A, End.ENQ),
        (0x4A, End.ETX),
        (0x4A, End.EOT),
    ]
    ends.ask(m.SET_CLOCK)
    assert len(ends.sent) == 5, "it was told that it may leave"


def test_a_command_without_an_answer_is_repeated_twice_and_told():
    ends = channel(["drop"] * 3)
    ends.ask(m.QUERY_NOW)
    ends.ask(m.QUERY_STATE)
    ends.answer = lambda _query: (StationMark("0012345678"), element(0x45, bytes(4)))
    ends.run(1500)
    assert [frame.function for frame in ends.sent[:4]] == [0x37, 0x37, 0x37, 0x46]
    assert ends.sent[0] == ends.sent[1] == ends.sent[2]
    assert [word.command for word in ends.heard if isinstance(word, Unanswered)] == [m.QUERY_NOW]
    assert [delivered.answers for delivered in ends.delivered] == [m.QUERY_STATE]


def test_a_command_that_is_repeated_is_carried_out_once():
    ends = channel(["pass", "drop", "pass", "pass"])
    ends.answer = lambda _query: (StationMark("0012345678"), *m.switch_pumps([True]).items)
    ends.ask(m.switch_pumps([True]))
    ends.run(1500)
    assert len(ends.asked) == 1
    assert [frame.end for frame in ends.sent] == [End.ENQ, End.ETX, End.ENQ, End.ETX, End.EOT]
    assert ends.sent[1] == ends.sent[3]
    assert len(ends.delivered) == 1


def test_the_clock_is_set_to_the_time_at_which_it_is_sent():
    ends = channel(["drop"])
    ends.answer = lambda _query: (StationMark("0012345678"),)
    ends.ask(m.SET_CLOCK)
    ends.run(1500)
    first, second = (frame for frame in ends.sent if frame.end is End.ENQ)
    assert (first.send_time, second.send_time) == ("240101081640", "240101081710")


def test_history_comes_in_packets():
    ends = channel(["pass", "pass", "drop"])
    series = (MARK, TimeMark("2401010805"), Element(0x04, 0x18, bytes(3)), *hours(40))
    ends.answer = lambda _query: series
    command = m.query_period("24010108", "24010208", m.Step(), m.Asked(0xF4, 0x60))
    ends.ask(command)
    ends.run(1500)
    assert len([frame for frame in ends.sent if frame.end is End.NAK]) == 1
    (delivered,) = ends.delivered
    assert (delivered.answers, delivered.total) == (command, 3)
    assert len(ends.confirmed) == 1


def hours(count: int) -> tuple:
    return (Series((m.Asked(0xF4, 0x60),), tuple((bytes(12),) for _ in range(count))),)


def test_ascii_mode_talks_as_well():
    line = replace(LINE, mode=Mode.ASCII)
    ends = channel(line=line)
    ends.answer = lambda _query: (MARK, TimeMark("2401010800"), Named("Z", b"1.23"))
    ends.report(0x32, (MARK, TimeMark("2401010800"), *(Named("Z", b"1.23") for _ in range(60))))
    ends.ask(m.query_elements([m.Asked(0x39, 0x23)]))
    ends.run()
    assert len(ends.delivered) == len(ends.confirmed) == 2
    assert {delivered.total for delivered in ends.delivered} == {3, None}


def ignored(said) -> str:
    (word,) = said
    assert isinstance(word, Ignored)
    return word.reason


def test_a_centre_does_not_answer_what_is_not_for_it():
    centre = Centre(LINE, check_password=True)
    (said,) = Station(LINE).report(0x32, items(1), 0.0, MORNING_MS)
    frame = said.frame
    assert "station 0012345679" in ignored(centre.receive(replace(frame, station="0012345679"), 0.0))
    assert "centre 2" in ignored(centre.receive(replace(frame, centre=2), 0.0))
    assert "password" in ignored(centre.receive(replace(frame, password="9999"), 0.0))
    assert "ASCII mode" in ignored(centre.receive(replace(frame, mode=Mode.ASCII), 0.0))
    assert "a centre's frame" in ignored(centre.receive(replace(frame, direction=Direction.DOWN), 0.0))
    assert "39: expected 4 bytes" in ignored(centre.receive(replace(frame, body=frame.body[:-1]), 0.0))
    assert "send time" in ignored(centre.receive(replace(frame, body=b"\x00\x01\xfa" + frame.body[3:]), 0.0))
    assert kinds(centre.receive(frame, 0.0)) == [Delivered]


def test_a_station_does_not_answer_what_is_not_for_it():
    station = Station(LINE)
    (sent,) = station.report(0x32, items(1), 0.0, MORNING_MS)
    right = m.acknowledgement(LINE, sent.frame, End.EOT)
    for wrong in (
        replace(right, station="0012345679"),
        replace(right, centre=2),
        replace(right, password="9999"),
        replace(right, direction=Direction.UP),
        replace(right, mode=Mode.ASCII, body=b"0001" + sent.frame.send_time.encode()),
        replace(right, function=0x33),
        replace(right, body=b"\x00\x02" + right.body[2:]),
        replace(right, body=b"\x00"),
        replace(right, end=End.NAK),
        replace(right, end=End.NAK, packet=Packet(3, 2)),
        replace(right, end=End.ENQ, body=b"\x00"),
    ):
        assert ignored(station.receive(wrong, 0.0)), wrong
    assert kinds(station.receive(right, 0.0)) == [Confirmed, Left]
    assert ignored(station.receive(right, 0.0)), "it was confirmed already"


def test_a_broadcast_is_heard():
    line = Line(station="3101510007", centre=1)
    station = Station(line)
    query = replace(line.down(0x4A, m.Body(0, "240101080000")), station="310151FFFF")
    assert kinds(station.receive(query, 0.0)) == [Asked]
    assert ignored(station.receive(replace(query, station="310152FFFF"), 0.0))


def test_an_answer_to_a_query_that_was_overtaken_is_not_sent():
    station = Station(LINE)
    (first,) = station.receive(LINE.down(0x37, m.Body(0, "240101080000")), 0.0)
    station.receive(LINE.down(0x46, m.Body(0, "240101080001")), 1.0)
    assert station.answer(first.query, items(1), 2.0, MORNING_MS) == []


def test_queues_are_bounded():
    station, centre = Station(LINE), Centre(LINE)
    for number in range(MAX_REPORTS + 1):
        station.report(0x32, items(number), 0.0, MORNING_MS)
    with pytest.raises(ValueError, match="wait already"):
        station.report(0x32, items(1), 0.0, MORNING_MS)
    with pytest.raises(ValueError, match="wait already"):
        station.report_again(LINE.up(0x32, m.Body(1, "240101080000", items(1))), 0.0)
    for _ in range(MAX_COMMANDS + 1):
        centre.ask(m.QUERY_NOW, 0.0, MORNING_MS)
    with pytest.raises(ValueError, match="wait already"):
        centre.ask(m.QUERY_NOW, 0.0, MORNING_MS)


def test_what_a_centre_remembers_is_bounded():
    centre = Centre(LINE)
    for serial in range(2 * MAX_REMEMBERED):
        said = centre.receive(LINE.up(0x32, m.Body(serial, "240101080000", items(1))), 0.0)
        if isinstance(said[0], Ignored):
            assert "wait to be stored" in said[0].reason
    assert len(centre._delivered) == MAX_REMEMBERED
    for delivered in list(centre._delivered.values()):
        centre.confirm(delivered, 0.0)
    assert len(centre._confirmed) == MAX_REMEMBERED


def test_a_command_that_cannot_be_written_is_refused_at_once():
    with pytest.raises(Exception, match="expected 0 to 65535"):
        Centre(LINE).ask(m.Command(0x37, (), -1), 0.0, MORNING_MS)


def test_nothing_is_due_before_it_is_due():
    ends = channel(["drop"] * 10)
    ends.report(0x32, items(1))
    ends.ask(m.QUERY_NOW)
    assert ends.station.wake(ends.now_s + 29.9) == []
    assert ends.centre.wake(ends.now_s + 29.9) == []
    assert ends.station.due_s == ends.centre.due_s == ends.now_s + 30
    assert kinds(ends.station.wake(ends.now_s + 30)) == [Send]


FATES = st.lists(st.sampled_from(["pass", "pass", "pass", "drop", "twice", "late", "broken"]), max_size=60)
SIZES = st.lists(st.sampled_from([0, 0, 100, 700]), min_size=1, max_size=5)


@given(fates=FATES, sizes=SIZES, stay=st.booleans())
@settings(max_examples=150)
def test_nothing_is_delivered_twice_and_nothing_confirmed_is_lost(fates, sizes, stay):
    ends = channel(fates, stay=stay, centre_times=CentreTimes(message_s=120))
    reported = []
    for number, size in enumerate(sizes, 1):
        ends.report(0x36 if size else 0x32, items(number, size))
        reported.append((number, ends.station._reports[-1] if ends.station._reports else ends.station._sent.message))
    ends.run()
    for _ in range(30):
        if not ends.given_up:
            break
        given_up, ends.given_up = ends.given_up, []
        for message in given_up:
            ends.report_again(message)
        ends.run(ends.now_s + 10_000)
    messages = [delivered.message for delivered in ends.delivered]
    expected = [message for _, message in reported]
    assert all(message in expected for message in messages)
    assert len(messages) == len(set(map(repr, messages)))
    assert all(message in messages for message in ends.confirmed)
    # the channel is good in the end: everything came through
    assert sorted(map(repr, messages)) == sorted(map(repr, expected))
    assert sorted(map(repr, ends.confirmed)) == sorted(map(repr, expected))


@given(fates=FATES, commands=st.lists(st.sampled_from([m.QUERY_NOW, m.SET_CLOCK, m.QUERY_PICTURE]), max_size=4))
@settings(max_examples=150)
def test_every_command_is_settled_and_no_answer_is_delivered_twice(fates, commands):
    ends = channel(fates, centre_times=CentreTimes(message_s=120))
    answers = iter(range(1, 1000))
    ends.answer = lambda query: (
        items(next(answers), 500 if query.function == 0x36 else 0)
        if query.function != 0x4A
        else (StationMark("0012345678"),)
    )
    for command in commands:
        ends.now_s += 1
        ends.ask(command)
    ends.report(0x32, items(500))
    ends.run()
    settled = [word.command for word in ends.heard if isinstance(word, Unanswered)] + [
        delivered.answers for delivered in ends.delivered if delivered.answers
    ]
    assert sorted(map(repr, settled)) == sorted(map(repr, commands))
    assert not ends.centre.busy
    keys = [(d.message.function, d.message.serial, d.message.content) for d in ends.delivered]
    assert len(keys) == len(set(keys))


def test_frames_are_values():
    (said,) = Station(LINE).report(0x32, items(1), 0.0, MORNING_MS)
    assert isinstance(said.frame, Frame)
    assert said == Send(said.frame)
