from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.hj212 import Packet, decode, encode
from protocols.hj212.parts import MAX_CONTENT, Joiner, Message, Torn, split
from protocols.vocabulary import FrameTooLong
from tests.protocols.golden import frames

QN = "20160801085857223"
MN = "010000A8900016F000169DC0"
TIME = (("DataTime", "20160801084000"),)
HEAD = Packet(mn=MN, cn="2051", st="31", pw="123456", qn=QN, flag=5)

groups = st.lists(
    st.lists(
        st.tuples(st.from_regex(r"[a-z]{3}-Avg", fullmatch=True), st.text("0123456789污", max_size=40)),
        min_size=1,
        max_size=6,
    ).map(tuple),
    max_size=30,
).map(tuple)
packets = st.builds(
    lambda lead, found, flag, qn: replace(HEAD, groups=lead + found, flag=flag, qn=qn),
    st.sampled_from([(TIME,), ()]),
    groups,
    st.sampled_from([0, 4, 5, 9, None]),
    st.sampled_from([QN, None]),
)


def long(number: int = 60, **more) -> Packet:
    return replace(
        HEAD, groups=(TIME, *(((f"w{n:05d}-Avg", "1.234"), (f"w{n:05d}-Flag", "N")) for n in range(number))), **more
    )


def joined(parts, joiner=None) -> list[Message | Torn]:
    joiner = joiner or Joiner()
    return [found for part in parts for found in joiner.add(part, 0)]


@given(packets)
def test_every_part_keeps_the_limits_and_can_be_sent(packet):
    parts = split(packet)
    for number, part in enumerate(parts, 1):
        raw = encode(part)
        assert decode(raw) == part
        assert int(raw[2:6]) <= 1024
        assert len(raw.split(b";CP=", 1)[1]) - 6 <= MAX_CONTENT - len("CP=")
        assert (part.pnum, part.pno) == ((None, None) if len(parts) == 1 else (len(parts), number))
        assert part.wants_answer == packet.wants_answer
        assert part.says_split == (len(parts) > 1)
        assert part.version == packet.version


@given(packet=packets, data=st.data())
def test_what_was_split_is_joined_in_any_order_and_however_often_parts_come(packet, data):
    parts = split(packet)
    sent = list(parts) + data.draw(st.lists(st.sampled_from(parts), max_size=4) if len(parts) > 1 else st.just([]))
    found = joined(data.draw(st.permutations(sent)) if packet.qn or packet.groups[:1] == (TIME,) else list(parts))
    (message,) = found
    assert isinstance(message, Message)
    assert message.parts == parts
    whole = message.packet
    assert whole.groups == packet.groups
    assert (whole.pnum, whole.pno, whole.qn) == (None, None, packet.qn)
    if len(parts) > 1:
        assert whole.flag == (packet.flag or 0)


def test_parts_are_cut_between_groups_and_repeat_the_time():
    parts = split(long())
    assert len(parts) > 1
    assert all(part.groups[0] == TIME and len(part.groups) > 1 for part in parts)
    assert [len(encode(part)) > 700 for part in parts[:-1]] == [True] * (len(parts) - 1), "no packet is half empty"


def test_one_group_that_is_too_long():
    with pytest.raises(FrameTooLong, match="the group of 'a' has 1002 bytes"):
        split(replace(HEAD, groups=(TIME, (("a", "x" * 1000),))))


def test_a_real_pair_repeats_its_time():
    """Both from public sources, of one kind of station: parts 1 and 2 of minute data, each with its DataTime."""
    (second,) = [decode(row["frame"].encode()) for row in frames("hj212", "HJ212") if row["id"] == "pub-hj212-015"]
    first = replace(second, pno=1, groups=(second.groups[0], (("a01011-Avg", "1"),)))
    (message,) = joined([second, first])
    assert [group[0][0] for group in message.packet.groups][:3] == ["DataTime", "a01011-Avg", "a21018-Cou"]


def test_a_single_packet_is_a_message():
    assert joined([HEAD]) == [Message((HEAD,))]
    alone = replace(HEAD, flag=7, pnum=1, pno=1)
    assert joined([alone]) == [Message((alone,))]


def test_messages_are_kept_apart_by_station_command_and_number():
    parts = [split(long(qn=qn, mn=mn, cn=cn)) for qn, mn, cn in [
        (QN, MN, "2051"), (QN[:-1] + "4", MN, "2051"), (QN, "B", "2051"), (QN, MN, "2061")]]  # fmt: skip
    mixed = [part for several in zip(*parts, strict=True) for part in several]
    found = joined(mixed)
    assert [message.parts for message in found] == parts


def test_without_qn_the_time_is_the_number():
    one, two = (
        split(long(qn=None)),
        split(replace(long(qn=None), groups=((("DataTime", "20160801085000"),), *long().groups[1:]))),
    )
    mixed = [part for pair in zip(one, two, strict=True) for part in pair]
    assert [message.parts for message in joined(mixed)] == [one, two]


def test_without_both_a_part_belongs_to_the_open_message_of_its_station_and_command():
    first, *rest = split(long(qn=None))
    bare = [replace(part, groups=part.groups[1:]) for part in rest]
    (message,) = joined([first, *bare])
    assert message.packet.groups == long().groups


def test_a_gap_expires_and_is_told_with_what_came():
    joiner = Joiner(patience_s=60)
    parts = split(long(200))
    assert len(parts) > 3
    assert joined(parts[1:], joiner) == []
    assert joiner.due_s == 60
    assert joiner.wake(59.9) == []
    (torn,) = joiner.wake(60)
    assert torn.parts == parts[1:]
    assert torn.why == f"no further part for 60 s: {len(parts) - 1} of {len(parts)} parts came"
    assert (joiner.waiting, joiner.size, joiner.due_s) == (0, 0, None)


def test_each_part_renews_the_patience():
    joiner = Joiner(patience_s=60)
    parts = split(long(200))
    for second, part in enumerate(parts[:-1]):
        assert joiner.add(part, second * 59) == []
    (message,) = joiner.add(parts[-1], (len(parts) - 1) * 59)
    assert message.parts == parts


def test_a_part_that_comes_again_after_its_message_is_passed_over():
    joiner = Joiner(patience_s=60)
    parts = split(long())
    assert len(joined(parts, joiner)) == 1
    assert joined(parts, joiner) == []
    assert joiner.waiting == 0


def test_another_message_under_the_same_key_begins_anew():
    joiner = Joiner()
    old, new = split(long()), split(replace(long(), groups=(TIME, *((("b-Avg", f"{n}" * 9),) for n in range(99)))))
    assert joined(old[:1], joiner) == []
    torn, message = joined(new, joiner)
    assert isinstance(torn, Torn)
    assert torn.parts == old[:1]
    assert torn.why.startswith("another message came under its key")
    assert message.parts == new


def test_a_part_without_its_number_is_told():
    part = replace(HEAD, flag=7, pnum=2)
    assert joined([part]) == [Torn((part,), "a part without PNO")]


def test_open_messages_are_bounded_in_number():
    joiner = Joiner(max_messages=8)
    found = joined([replace(HEAD, qn=f"{n:017}", pnum=2, pno=1) for n in range(1000)], joiner)
    assert len(found) == 992
    assert joiner.waiting == 8
    assert found[0].why == "too many messages wait for their parts: 1 of 2 parts came"
    assert found[0].parts[0].qn == f"{0:017}", "the oldest goes first"


def test_open_messages_are_bounded_in_bytes():
    joiner = Joiner(max_bytes=10_000)
    part = replace(HEAD, pnum=9999, groups=((("a", "x" * 700),),))
    found = joined([replace(part, pno=n) for n in range(1, 200)], joiner)
    assert joiner.size <= 10_000
    assert all(isinstance(torn, Torn) and "too many bytes" in torn.why for torn in found)
    assert found


def test_finished_messages_are_remembered_within_a_bound():
    joiner = Joiner(max_messages=4)
    for n in range(1000):
        joined([replace(HEAD, qn=f"{n:017}", pnum=2, pno=pno) for pno in (1, 2)], joiner)
    assert len(joiner._given) <= 4
    joiner.wake(1e9)
    assert not joiner._given


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.sampled_from("AB"), st.integers(0, 2)), max_size=40))
def test_whatever_comes_no_part_is_given_in_two_messages(rows):
    """Any part is in at most one message or torn once, unless it came again."""
    sent = [
        replace(HEAD, qn=f"{qn:017}", pnum=max(pnum, pno), pno=pno, groups=((("a", f"{place}"),),))
        for place, (pnum, pno, _, qn) in enumerate(rows)
    ]
    joiner = Joiner(max_messages=3)
    found = joined(sent, joiner) + joiner.wake(1e9)
    given = [part for outcome in found for part in outcome.parts]
    assert len(given) == len(set(given))
    assert set(given) == set(sent)
    for outcome in found:
        if isinstance(outcome, Message) and len(outcome.parts) > 1:
            assert [part.pno for part in outcome.parts] == list(range(1, outcome.parts[0].pnum + 1))
