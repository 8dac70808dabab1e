"""``yingzhou decode --stream`` and ``--explain``."""

import pytest

from protocols import hj212
from protocols.modbus import Registers, rtu
from protocols.vocabulary import ConfigError, ProtocolError
from tests.protocols.golden import frames
from tests.protocols.uplink.golden import SMALLEST, load
from yingzhou import capture

PACKETS = [row["frame"].encode() for row in frames("hj212", "HJ212") if row["accept"]]
ANSWER = rtu.encode(rtu.Adu(1, Registers(3, (100, 200))))


def test_every_frame_of_a_capture_with_its_place(yingzhou, tmp_path):
    file = tmp_path / "capture.bin"
    file.write_bytes(b"\r\n".join([PACKETS[0], b"noise", PACKETS[1], PACKETS[0], b"##01"]))
    said = yingzhou("decode", "hj212", "--stream", str(file), "--json")
    rows = said.json()
    raw = file.read_bytes()
    assert [row["ok"] for row in rows] == [True, False, True, True, False]
    starts = [0, raw.index(b"noise"), raw.index(PACKETS[1]), raw.rindex(PACKETS[0]), raw.rindex(b"##01")]
    assert [row["at"] for row in rows] == starts
    assert rows[2]["frame"] == yingzhou("decode", "hj212", PACKETS[1].decode(), "--json").json()[0]
    assert said.code == 1


def test_a_capture_in_hexadecimal(yingzhou, tmp_path):
    file = tmp_path / "capture.hex"
    file.write_text("\n".join([ANSWER.hex(" "), ANSWER.hex().upper()]))
    said = yingzhou("decode", "modbus-rtu", "--stream", str(file), "--hex", "--json")
    assert said.code == 0
    assert [(row["at"], row["frame"]["registers"]) for row in said.json()] == [
        (0, [100, 200]),
        (len(ANSWER), [100, 200]),
    ]


def test_a_capture_from_standard_input_for_people(yingzhou):
    said = yingzhou("decode", "modbus-rtu", "--stream", "-", stdin=b"\xee" + ANSWER)
    assert said.code == 1
    assert said.out[0] == "byte 1"
    assert any("100 200" in line for line in said.out)
    assert said.err == ["yingzhou decode: byte 0: 1 bytes that are no frame: ee"]


def test_places_are_right_in_a_long_capture(tmp_path, monkeypatch):
    monkeypatch.setattr(capture, "_CHUNK", 1000)
    noise = b"\x00" * 70_001
    file = tmp_path / "long"
    file.write_bytes(noise + PACKETS[0] + noise + PACKETS[1] + PACKETS[2])
    found = [
        (at, raw)
        for at, raw in capture.frames_of(str(file), hj212.Decoder("either"))
        if not isinstance(raw, ProtocolError)
    ]
    assert [at for at, _ in found] == [70_001, 140_002 + len(PACKETS[0]), 140_002 + len(PACKETS[0]) + len(PACKETS[1])]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["hj212", "--stream", "/nowhere"], "--stream: /nowhere: No such file or directory"),
        (["senml-json", "--stream", "-"], "--stream: senml-json comes one frame at a time; - reads one per line"),
        (["hj212", "0102", "--stream", "-"], "--stream FILE takes the place of FRAME"),
    ],
)
def test_usage(yingzhou, argv, told):
    said = yingzhou("decode", *argv, stdin=b"")
    assert (said.code, said.out) == (2, [])
    assert told in said.err[0]


@pytest.mark.parametrize(("text", "told"), [(b"0x01", "found b'0x01'"), (b"012", "odd number")])
def test_a_capture_that_is_no_hexadecimal(tmp_path, text, told):
    file = tmp_path / "capture"
    file.write_bytes(text)
    with pytest.raises(ConfigError, match=told):
        list(capture.frames_of(str(file), rtu.Decoder("response"), hexadecimal=True))


def test_an_empty_capture_has_no_frames(tmp_path):
    (tmp_path / "empty").write_bytes(b"\r\n")
    assert list(capture.frames_of(str(tmp_path / "empty"), hj212.Decoder())) == []


def test_what_a_capture_ends_with_is_told(tmp_path):
    (tmp_path / "torn").write_bytes(PACKETS[0][:50])
    ((at, error),) = capture.frames_of(str(tmp_path / "torn"), hj212.Decoder())
    assert at == 0
    assert isinstance(error, ProtocolError)


def test_explained_for_people(yingzhou):
    envelope = load(SMALLEST).envelope
    said = yingzhou("decode", "uplink", envelope.hex(), "--explain")
    assert said.code == 0
    assert said.out[0].split() == ["0", "59", "5A", "magic", "YZ"]
    assert "   24  E8 AB DA 76 9B 01 00 00   sealed              2026-01-01T00:00:01.000Z" in said.out
    assert all(line.isprintable() for line in said.out)


def test_explained_for_scripts_beside_what_it_says(yingzhou):
    envelope = load(SMALLEST).envelope
    (told,) = yingzhou("decode", "uplink", envelope.hex(), "--explain", "--json").json()
    assert told["gateway"] == "gw-1"
    assert "".join(field["bytes"] for field in told["fields"]) == envelope.hex().upper()
    (told,) = yingzhou("decode", "uplink", "-", "--explain", "--json", stdin=envelope.hex().encode()).json()
    assert told["frame"]["gateway"] == "gw-1"
    assert told["fields"][-1]["name"] == "MAC"


def test_a_broken_frame_is_explained_as_far_as_it_goes(yingzhou):
    broken = load(SMALLEST).envelope[:60]
    said = yingzhou("decode", "uplink", broken.hex(), "--explain")
    assert said.code == 1
    assert "cut off: 8 of 48" in said.out[-1] or "columns" in said.out[-1]
    assert len(said.err) == 1
    (told,) = yingzhou("decode", "uplink", broken.hex(), "--explain", "--json").json()
    assert told["ok"] is False
    assert told["fields"][0]["name"] == "magic"
