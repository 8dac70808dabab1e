import hmac
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.uplink import Command, Configuration, Item, Kind, Resend, Result, Signed, ToldTime
from protocols.uplink.command import MAX_ITEMS, MAX_REASON, STATES
from protocols.uplink.describe import describe
from protocols.uplink.resend import MOST_RANGES
from protocols.vocabulary import ProtocolError
from protocols.vocabulary.ranges import RangeSet

KEY, OTHER = b"k" * 32, b"o" * 32
GOLDEN = Path(__file__).parents[2] / "golden" / "downlink"
READERS = {
    Kind.COMMAND: Command, Kind.CONFIGURATION: Configuration, Kind.RESULT: Result, Kind.TIME: ToldTime,
    Kind.RESEND: Resend,
}  # fmt: skip

times = st.integers(0, 253_402_300_799_999)
versions = st.integers(0, 2**63 - 1)
names = st.from_regex(r"[0-9a-z]{8,32}", fullmatch=True)
series = st.from_regex(r"[a-z][a-z0-9_]{0,47}(/[A-Za-z0-9_.-]{1,32})?", fullmatch=True)
finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
commands = st.builds(
    Command,
    names.map("cmd-{}".format),
    st.sampled_from(["nrn-04hmasw9k", "mn:A1"]),
    versions,
    times,
    times,
    st.dictionaries(series, finite, min_size=1, max_size=8),
)
configurations = st.builds(
    Configuration,
    names.map("cfg-{}".format),
    versions,
    times,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=500),
)
items = st.builds(Item, series, st.sampled_from(sorted(STATES)), finite | st.none(), texts)
results = st.builds(
    Result,
    names.map("cmd-{}".format) | names.map("cfg-{}".format),
    versions,
    st.sampled_from(sorted(STATES)),
    times,
    st.lists(items, max_size=8).map(tuple),
    texts,
)
told_times = st.builds(ToldTime, st.integers(-(2**63), 2**63), times)
spans = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 99)).map(lambda one: (one[0], sum(one)))
held = st.lists(spans, min_size=1).map(RangeSet)
resends = st.builds(Resend, times, st.dictionaries(st.tuples(st.sampled_from([1, 2]), versions), held, max_size=5))
gateways = st.from_regex(r"gw-[a-z0-9-]{1,29}", fullmatch=True)
SOUND = Command("cmd-0000000a", "nrn-04hmasw9k", 3, 10, 20, {"lamp_level": 40.0})


class Golden(NamedTuple):
    name: str
    message: bytes
    key: bytes
    expected: dict[str, Any]


def load(name: str) -> Golden:
    folder = GOLDEN / name
    message, key = (bytes.fromhex((folder / file).read_text()) for file in ("message.hex", "key.hex"))
    return Golden(name, message, key, json.loads((folder / "expected.json").read_text("utf-8")))


ALL = [load(folder.name) for folder in sorted(GOLDEN.iterdir())]
SOUND_ONES = [one for one in ALL if "error" not in one.expected]
BROKEN = [one for one in ALL if "error" in one.expected]


def read(data: bytes, kind: Kind, key: bytes) -> Any:
    found = Signed.decode(data, kind, [key])
    return READERS[kind].of(found.body)


def test_the_collection_is_whole() -> None:
    assert (len(SOUND_ONES), len(BROKEN)) == (6, 7)


@pytest.mark.parametrize("golden", SOUND_ONES, ids=lambda golden: golden.name)
def test_a_golden_message_says_what_is_expected(golden: Golden) -> None:
    kind = Kind[golden.expected["kind"].upper()]
    found = Signed.decode(golden.message, kind, [golden.key])
    assert (found.gateway, found.body) == (golden.expected["gateway"], golden.expected["body"])
    said = READERS[kind].of(found.body)
    assert Signed(kind, found.gateway, said.body()).encode(golden.key) == golden.message


@pytest.mark.parametrize("golden", BROKEN, ids=lambda golden: golden.name)
def test_a_broken_message_is_refused(golden: Golden) -> None:
    with pytest.raises(ProtocolError, match=golden.expected["error"]):
        read(golden.message, Kind.COMMAND, golden.key)


def test_it_is_described_for_people() -> None:
    golden = load("one_point")
    found = describe(golden.message, golden.key)
    assert (found["kind"], found["mac_verified"]) == ("command", True)
    assert found["body"] == golden.expected["body"]
    assert describe(golden.message)["mac_verified"] is None
    assert describe(load("wrong_mac").message, golden.key)["mac_verified"] is False


@given(gateways, commands | configurations | results | told_times | resends)
def test_a_message_is_read_back(gateway: str, said: Any) -> None:
    kind = next(kind for kind, reader in READERS.items() if isinstance(said, reader))
    data = Signed(kind, gateway, said.body()).encode(KEY)
    found = Signed.decode(data, kind, [OTHER, KEY])
    assert (found.kind, found.gateway) == (kind, gateway)
    assert READERS[kind].of(found.body) == said
    for keys in ([], [OTHER], [KEY[:-1]]):
        with pytest.raises(ProtocolError, match="MAC is wrong"):
            Signed.decode(data, kind, keys)


def test_every_altered_cut_or_lengthened_one_is_refused() -> None:
    data = Signed(Kind.COMMAND, "gw-1", SOUND.body()).encode(KEY)
    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1
        for wrong in (bytes(altered), data[:place]):
            with pytest.raises(ProtocolError):
                read(wrong, Kind.COMMAND, KEY)
    with pytest.raises(ProtocolError):
        read(data + b"\0", Kind.COMMAND, KEY)


@given(st.binary(max_size=80), st.sampled_from(Kind))
def test_garbage_under_a_right_mac_is_refused(garbage: bytes, kind: Kind) -> None:
    head = b"YC\1" + bytes((kind, 4)) + len(garbage).to_bytes(4, "little") + b"gw-1"
    for message in (garbage, head + garbage, head[:-1] + garbage):
        try:
            read(message + hmac.digest(KEY, message, "sha256"), kind, KEY)
        except ProtocolError:
            continue


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "cfg-0000000a"}, "cmd- or cfg-"),
        ({"id": "cmd-A"}, "cmd- or cfg-"),
        ({"id": 5}, "expected id"),
        ({"version": -1}, "version -1"),
        ({"version": 2**63}, "version"),
        ({"version": True}, "version True"),
        ({"version": 1.0}, "expected id"),
        ({"expires": -1}, "time -1"),
        ({"issued": 10**15}, "time"),
        ({"target": "nrn-000000000"}, "neuron identifier"),
        ({"set": {}}, "0 points"),
        ({"set": {f"a{n}": 1 for n in range(MAX_ITEMS + 1)}}, "65 points"),
        ({"set": {"Lamp": 1}}, "observed property"),
        ({"set": {"lamp_level/": 1}}, "empty channel"),
        ({"set": {"lamp_level": "40"}}, "no number"),
        ({"set": {"lamp_level": None}}, "no number"),
        ({"set": {"lamp_level": float("inf")}}, "no finite number"),
        ({"set": {"lamp_level": 10**400}}, "beyond float64"),
        ({"set": []}, "expected id"),
        ({"more": 1}, "expected id"),
    ],
)
def test_what_is_wrong_in_a_command_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        Command.of(SOUND.body() | change)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "done"},
        {"items": [{}]},
        {"items": [{"series": "ph", "state": "applied", "value": True, "reason": ""}]},
        {"items": [{"series": "ph", "state": "fine", "value": 1, "reason": ""}]},
        {"items": [{"series": "ph", "state": "applied", "value": 1, "reason": "x" * (MAX_REASON + 1)}]},
        {"reason": "x" * (MAX_REASON + 1)},
        {"reason": "\0"},
        {"time": -1},
        {"more": 1},
    ],
)
def test_what_is_wrong_in_a_result_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        Result.of(Result("cmd-0000000a", 3, "applied", 5).body() | change)


@pytest.mark.parametrize("change", [{"toml": 5}, {"id": "cmd-0000000a"}, {"more": 1}, {"version": True}])
def test_what_is_wrong_in_a_configuration_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        Configuration.of(Configuration("cfg-0000000a", 1, 5, "").body() | change)


def test_what_is_too_long_is_neither_made_nor_read() -> None:
    long = Configuration("cfg-0000000a", 1, 5, "x" * Kind.CONFIGURATION.max_body)
    with pytest.raises(ValueError, match="are allowed"):
        Signed(Kind.CONFIGURATION, "gw-1", long.body()).encode(KEY)
    with pytest.raises(ProtocolError, match="too long"):
        Signed.decode(bytes(1 << 21), Kind.CONFIGURATION, [KEY])
    for body in ('{"a":"\\ud800"}', "[]", "{", '{"a":' * 2000):
        message = b"YC\1\1\4" + len(body).to_bytes(4, "little") + b"gw-1" + body.encode()
        with pytest.raises(ProtocolError):
            Signed.parse(message)


@pytest.mark.parametrize(
    "body",
    [{}, {"asked": 1}, {"asked": 1, "time": 2, "more": 3}, {"asked": True, "time": 2}, {"asked": 1, "time": 2.0}],
)
def test_what_is_no_time(body: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError, match="expected asked and time"):
        ToldTime.of(body)


@pytest.mark.parametrize(
    "body",
    [
        {"restored": 1},
        {"restored": True, "held": []},
        {"restored": 1, "held": {}},
        {"restored": 1, "held": [], "more": 1},
        {"restored": 1, "held": [1]},
        {"restored": 1, "held": [{"stream": 3, "epoch": "1", "ranges": []}]},
        {"restored": 1, "held": [{"stream": 1, "epoch": 1, "ranges": []}]},
        {"restored": 1, "held": [{"stream": 1, "epoch": "-1", "ranges": []}]},
        {"restored": 1, "held": [{"stream": 1, "epoch": "1" * 20, "ranges": []}]},
        *(
            {"restored": 1, "held": [{"stream": 1, "epoch": "1", "ranges": ranges}]}
            for ranges in ([1], [[1]], [[2, 1]], [[-1, 1]], [[0, 1.5]], [[True, 2]], [["0", "1"]], "")
        ),
    ],
    ids=str,
)
def test_what_says_nothing_of_a_restore_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError, match="resend"):
        Resend.of(body)


def test_of_too_many_ranges_the_newest_epochs_are_told() -> None:
    many = RangeSet((number * 2, number * 2) for number in range(MOST_RANGES // 2 - 3))
    said = Resend(1, {(1, epoch): many for epoch in (1, 3, 2)})
    assert list(Resend.of(said.body()).held) == [(1, 3), (1, 2)]
    assert len(Signed(Kind.RESEND, "gw-1", said.body()).encode(KEY)) < Kind.RESEND.max_body
    starts = Resend(1, {(1, 2**63 - 1 - epoch): RangeSet([(0, 2**32 - 1)]) for epoch in range(MOST_RANGES)})
    assert len(Signed(Kind.RESEND, "gw-1", starts.body()).encode(KEY)) < Kind.RESEND.max_body
