"""Whatever a listed station sends, well-formed or not: nothing but ProtocolError is raised, and that is counted."""

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.links.sl651_config import Sl651Tcp
from edge.links.sl651_desk import Desk
from protocols.sl651 import Body, Decoder, Direction, End, Frame, Mode, decode, encode
from protocols.sl651.items import StationMark, TimeMark
from protocols.sl651.times import observation_stamp, send_stamp
from protocols.vocabulary import ManualClock, ProtocolError
from tests.edge.links.recorder import Recorder
from tests.edge.links.sl651_calls import LINE, NOW, STATION
from tests.protocols.sl651.bodies import body_bytes, hex_elements

CONFIG = Sl651Tcp.model_validate(
    {
        "kind": "sl651-tcp",
        "name": "x",
        "port": 0,
        "pull_days": 7.0,
        "settle_s": 0.0,
        "set_clock": True,
        "device": [{"station": STATION, "period_s": 300}],
    },
    strict=False,
)


class Path:
    """Keeps what was sent, all of which can be read."""

    def __init__(self) -> None:
        self.sent: list[Frame] = []

    def send(self, data: bytes) -> bool:
        self.sent.append(decode(data))
        return True


def frame(function, body, mode=Mode.HEX):
    return Frame(
        direction=Direction.UP, station=STATION, centre=1, password="1234", function=function, body=body, end=End.ETX,
        mode=mode,
    )  # fmt: skip


def reported(number, elements):
    at = NOW + number * 300_000
    items = (StationMark(STATION, 0x48), TimeMark(observation_stamp(at)), *elements)
    try:
        return LINE.up(0x32, Body(number, send_stamp(at), items))
    except ProtocolError:
        return None


async def heard(frames, minutes):
    clock, counters, path = ManualClock(NOW), Counter(), Path()
    desk, intake = Desk(CONFIG, clock, counters), Recorder()
    for one, passed in zip(frames, minutes, strict=False):
        desk.take(Decoder().feed(encode(one)), path, intake)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        clock.advance(passed * 60)
        desk.wake()
    assert desk._held == sum(talk.held for talk in desk._all())
    assert desk._waiting == 0
    return path


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.builds(frame, st.integers(0, 255), body_bytes, st.sampled_from(list(Mode))), max_size=12),
    st.lists(st.integers(0, 700), min_size=12, max_size=12),
)
def test_any_bodies(frames, minutes):
    asyncio.run(heard(frames, minutes))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(hex_elements(), min_size=1, max_size=6),
    st.lists(st.integers(0, 300), max_size=12, unique=True),
    st.lists(st.integers(0, 700), min_size=16, max_size=16),
)
def test_any_elements_with_gaps_are_asked_for(elements, numbers, minutes):
    reports = [one for number in [0, 1, *numbers] if (one := reported(number, elements)) is not None]
    path = asyncio.run(heard(reports, minutes))
    assert {one.function for one in path.sent} <= {0x32, 0x38, 0x51, 0x4A}
