from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sl651 import Again, Body, End, Frame, Gap, Joined, Joiner, Line, Packet, packets
from protocols.sl651.items import StationMark, TimeMark, element

LINE = Line(station="0012345678", centre=1)


def message(serial: int, picture: bytes, line: Line = LINE, code: int = 0x36) -> Frame:
    items = (StationMark(line.station, 0x48), TimeMark("2401010800"), element(0xF3, picture))
    return line.up(code, Body(serial, "240101100000", items))


PICTURE = message(7, bytes(range(100)) * 3)
PARTS = packets(PICTURE, 50)


def add(joiner: Joiner, *parts: Frame, now_s: float = 0.0) -> list:
    return [found for part in parts for found in joiner.add(part, now_s)]


def test_packets_are_cut_as_the_standard_has_them():
    assert [part.packet for part in PARTS] == [Packet(7, number) for number in range(1, 8)]
    assert [part.end.name for part in PARTS] == ["ETB"] * 6 + ["ETX"]
    assert PARTS[0].serial == 7
    assert PARTS[1].serial is None


@given(st.permutations(PARTS), st.lists(st.sampled_from(PARTS), max_size=6))
def test_any_order_and_repetitions_give_the_message_once(order, extra):
    found = add(Joiner(), *order, *extra)
    assert [result.message for result in found if isinstance(result, Joined)] == [PICTURE]
    assert not [result for result in found if isinstance(result, Gap)]


def test_gaps_are_known():
    joiner = Joiner()
    assert joiner.missing("0012345678", 0x36) == ()
    add(joiner, PARTS[0], PARTS[2], PARTS[6])
    assert joiner.missing("0012345678", 0x36) == (2, 4, 5, 6)
    assert joiner.total("0012345678", 0x36) == 7
    assert joiner.first("0012345678", 0x36) == PARTS[0]
    assert joiner.missing("0012345679", 0x36) == joiner.missing("0012345678", 0x31) == ()


def test_a_repeated_packet_is_told():
    joiner = Joiner()
    assert add(joiner, PARTS[0], PARTS[0]) == [Again(PARTS[0], complete=False)]
    assert add(joiner, *PARTS[1:]) == [Joined(PICTURE, 7)]
    assert add(joiner, PARTS[3]) == [Again(PARTS[3], complete=True)]


def test_a_new_serial_number_is_a_new_message():
    joiner = Joiner()
    add(joiner, *PARTS[:3])
    other = packets(message(8, bytes(300)), 50)
    (gap,) = add(joiner, other[0])
    assert gap == Gap("0012345678", 0x36, 7, (4, 5, 6, 7), "another message began")
    (joined,) = add(joiner, *other[1:])
    assert joined.message == message(8, bytes(300))


def test_another_total_is_a_new_message():
    joiner = Joiner()
    add(joiner, PARTS[0])
    assert isinstance(add(joiner, replace(PARTS[1], packet=Packet(9, 2)))[0], Gap)


def test_packets_of_the_message_before_do_not_get_into_the_next_one():
    joiner = Joiner()
    add(joiner, *PARTS)
    other = packets(message(8, bytes(range(100, 200)) * 3), 50)
    late = [PARTS[4], PARTS[2]]
    found = add(joiner, other[0], *late, *other[1:])
    assert [result.message for result in found if isinstance(result, Joined)] == [
        message(8, bytes(range(100, 200)) * 3)
    ]


def test_a_packet_that_is_the_same_in_both_messages_is_taken_when_it_was_asked_for():
    joiner = Joiner()
    add(joiner, *PARTS)
    same = packets(message(8, bytes(range(100)) * 3), 50)
    add(joiner, *same)
    assert joiner.missing("0012345678", 0x36) == (2, 3, 4, 5, 6, 7)
    found = []
    for part in same[1:]:
        joiner.want("0012345678", 0x36, part.packet.number)
        assert add(joiner, part) == [Again(part, complete=False)], "that frame came already, in the message before"
        found += add(joiner, replace(part, end=End.ETX if part.end is End.ETB else End.ETB))
    (joined,) = [result for result in found if isinstance(result, Joined)]
    assert joined.message.body == message(8, bytes(range(100)) * 3).body


def test_packets_that_are_late_do_not_make_a_message():
    joiner = Joiner()
    pictures = [packets(message(n, bytes([n]) * 300), 50) for n in range(3)]
    for parts in pictures:
        add(joiner, *parts)
    for parts in pictures:
        assert [type(result) for result in add(joiner, *parts)] == [Again] * 7
    # after a while the same bytes are a new packet
    assert add(joiner, pictures[2][0], now_s=60.0) == []
    assert joiner.missing("0012345678", 0x36) == (2, 3, 4, 5, 6, 7)


def test_stations_and_functions_are_kept_apart():
    joiner = Joiner()
    lines = [Line(station=f"001234567{n}", centre=1) for n in range(3)]
    all_parts = [packets(message(1, bytes(300), line, code), 50) for line in lines for code in (0x31, 0x36)]
    found = [result for at in range(7) for parts in all_parts for result in joiner.add(parts[at], 0.0)]
    assert [type(result) for result in found] == [Joined] * 6
    assert {(result.message.station, result.message.function) for result in found} == {
        (line.station, code) for line in lines for code in (0x31, 0x36)
    }


def test_a_message_of_one_packet():
    (only,) = packets(message(1, b"\xff\xd8"), 1000)
    (joined,) = add(Joiner(), only)
    assert joined == Joined(message(1, b"\xff\xd8"), 1)


def test_an_incomplete_message_expires():
    joiner = Joiner(keep_s=10)
    add(joiner, PARTS[0], now_s=100)
    add(joiner, PARTS[1], now_s=105)
    assert joiner.due_s == 115
    assert joiner.expire(114.9) == []
    assert joiner.expire(115) == [Gap("0012345678", 0x36, 7, (3, 4, 5, 6, 7), "no packet for 10 s")]
    assert joiner.due_s is None


def test_the_number_of_open_messages_is_bounded():
    joiner = Joiner(max_messages=2)
    for n in range(2):
        add(joiner, packets(message(1, bytes(300), Line(station=f"001234567{n}", centre=1)), 50)[0])
    (gap,) = add(joiner, packets(message(1, bytes(300), Line(station="0012345679", centre=1)), 50)[0])
    assert (gap.station, gap.reason) == ("0012345670", "too many messages are open")
    assert len(joiner._open) == 2


def test_finished_messages_are_forgotten():
    joiner = Joiner(max_messages=2, stale_s=10)
    for n in range(5):
        add(joiner, *packets(message(1, bytes(300), Line(station=f"001234567{n}", centre=1)), 50), now_s=n)
    assert len(joiner._done) == 2
    joiner.expire(14)
    assert not joiner._done


def test_the_length_of_a_message_is_bounded():
    joiner = Joiner(max_bytes=120)
    (gap,) = add(joiner, *PARTS[:3])
    assert gap.reason == "longer than 120 bytes"
    assert not joiner._open


def test_a_frame_without_packet_number_is_refused():
    with pytest.raises(ValueError, match="no packet"):
        Joiner().add(PICTURE, 0.0)


def test_too_many_packets_cannot_be_cut():
    with pytest.raises(Exception, match="more than 4095 packets"):
        packets(message(1, bytes(5000)), 1)
