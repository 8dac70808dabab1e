import pytest

from protocols.lwm2m import Kind, Path, Tlv, decode, encode
from protocols.lwm2m.describe import describe
from protocols.lwm2m.explain import explain
from protocols.lwm2m.tlv import MAX_FRAME
from protocols.vocabulary import FrameTooLong, ProtocolError


@pytest.mark.parametrize("length", [0, 1, 7, 8, 255, 256, 65_000])
@pytest.mark.parametrize("number", [0, 255, 256, 65_535])
def test_lengths_and_numbers_at_the_edges_of_their_forms(number, length):
    entry = Tlv(Kind.RESOURCE, number, b"x" * length)
    raw = encode([entry])
    assert decode(raw) == (entry,)
    head = 1 + (2 if number > 255 else 1) + (0 if length < 8 else 1 if length < 256 else 2)
    assert len(raw) == head + length


@pytest.mark.parametrize(
    "frame",
    [
        "C10501",  # as short as can be
        "C8050101",  # a length of 8 bits where 3 are enough
        "D005000101",  # of 16
        "D80500000101",  # of 24
        "E1000501",  # a number of 16 bits where 8 are enough
        "F8000500000101",  # both: the longest head, 6 bytes
        "CF050101",  # the lower three bits are ignored where a length follows
    ],
)
def test_every_form_of_the_same_entry(frame):
    assert decode(bytes.fromhex(frame)) == (Tlv(Kind.RESOURCE, 5, b"\1"),)
    assert describe(bytes.fromhex(frame))["tlv"] == [{"type": "resource", "id": 5, "len": 1, "hex": "01"}]


def test_the_length_that_is_told_is_that_of_the_wire():
    (told,) = describe(bytes.fromhex("0800 05 C8050201FF".replace(" ", "")))["tlv"]
    assert told["len"] == 5


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ("C8", "byte 0: a head of 3 bytes, 1 are there"),
        ("C1", "byte 0: a head of 2 bytes, 1 are there"),
        ("F80005", "byte 0: a head of 6 bytes, 3 are there"),
        ("C105", "byte 0: resource 5 says 1 bytes, 0 are there"),
        ("C8000B6D", "byte 0: resource 0 says 11 bytes, 1 are there"),
        ("E8164408", "byte 0: resource 5700 says 8 bytes, 0 are there"),
        ("08000448", "byte 0: object_instance 0 says 4 bytes, 1 are there"),
        ("080003C805FF", "byte 3: resource 5 says 255 bytes, 0 are there"),
        ("080003080000", "byte 3: object_instance, expected multiple_resource or resource"),
        ("8303C10501", "byte 2: resource, expected resource_instance"),
        ("C10501410001", "resource_instance and resource side by side"),
        ("080000C10501", "object_instance and resource side by side"),
        ("88068000", "byte 0: multiple_resource 6 says 128 bytes"),
    ],
)
def test_malformed(frame, says):
    with pytest.raises(ProtocolError) as refused:
        decode(bytes.fromhex(frame))
    assert says in str(refused.value)


def test_no_bytes_are_no_entries():
    assert decode(b"") == ()
    assert encode([]) == b""


def test_each_cut_of_an_instance_is_refused():
    raw = bytes.fromhex("08000FC10001C40100015180C10601C10755")
    for end in range(1, len(raw)):
        with pytest.raises(ProtocolError):
            decode(raw[:end])


def test_bounds(benchmark_s):
    with benchmark_s(0.5):
        assert len(decode(b"\xc0\x00" * (MAX_FRAME // 2))) == MAX_FRAME // 2
        with pytest.raises(FrameTooLong):
            decode(b"\xc0\x00" * MAX_FRAME)
        with pytest.raises(ProtocolError):
            decode(b"\x08\x00\xff" * 100)


@pytest.mark.parametrize(
    "entry",
    [
        Tlv(Kind.RESOURCE, 65_536),
        Tlv(Kind.RESOURCE, -1),
        Tlv(Kind.RESOURCE, 1, children=(Tlv(Kind.RESOURCE_INSTANCE, 0),)),
        Tlv(Kind.OBJECT_INSTANCE, 1, b"x"),
        Tlv(Kind.OBJECT_INSTANCE, 1, children=(Tlv(Kind.RESOURCE_INSTANCE, 0),)),
        Tlv(Kind.RESOURCE, 1, b"x" * (1 << 24)),
    ],
)
def test_what_cannot_be_written_is_refused(entry):
    with pytest.raises(ProtocolError):
        encode([entry])


def test_the_path_gives_the_types():
    raw = bytes.fromhex("C10501")
    assert describe(raw)["values"] == {"5": 1}
    told = describe(raw, Path.parse("/3200/0"))
    assert (told["model"], told["values"]) == ({"object": 3200, "name": "Digital Input", "guessed": False}, {"5": 1})
    told = describe(bytes.fromhex("C10501"), Path.parse("/3416/0"))
    assert told["values"] == {"5": True}
    assert told["names"] == {"5": "Lamp failure"}
    with pytest.raises(ProtocolError, match="resource 5, 6 was asked"):
        describe(raw, Path.parse("/3416/0/6"))
    with pytest.raises(ProtocolError, match="boolean 02: expected 00 or 01"):
        describe(bytes.fromhex("C10502"), Path.parse("/3416/0"))


def test_reusable_resources_have_their_type_in_any_object():
    told = describe(bytes.fromhex("E4164441A40000E3164543656CE165900A"))
    assert told["values"] == {"5700": 20.5, "5701": "Cel", "26000": 10}
    assert told["names"] == {"5700": "Sensor Value", "5701": "Sensor Units"}


def test_a_value_of_another_width_than_its_type_has_is_told():
    told = describe(bytes.fromhex("E1164414"))
    assert "values" not in told
    assert told["values_error"] == "resource 5700: float of 1 bytes: expected 4 or 8"


def test_doubles_of_one_number_are_told_and_no_value_is_chosen():
    told = describe(bytes.fromhex("C10501C10502"))
    assert "values" not in told
    assert told["values_error"] == "TLV: resource 5 comes twice"


def test_what_is_not_a_number_stands_as_text():
    assert describe(bytes.fromhex("E416447FC00000"))["values"] == {"5700": "nan"}


def test_four_bytes_that_are_no_entry_are_a_link():
    assert describe(bytes.fromhex("0CE70001")) == {"object": 3303, "instance": 1}
    assert [field.meaning for field in explain(bytes.fromhex("0CE70001"))] == ["3303", "1"]
    assert [field.meaning for field in explain(bytes.fromhex("FFFFFFFF"))] == ["65535", "65535"]
    for frame in ("C8000B6D", "D0000400", "E8164408", "12345679FF", "FFFFFF"):
        with pytest.raises(ProtocolError):
            describe(bytes.fromhex(frame))


def test_an_explanation_names_type_and_unit():
    rows = [(field.name, field.meaning) for field in explain(bytes.fromhex("C10950"), Path.parse("/3/0"))]
    assert rows == [
        ("type", "resource, 8-bit number, 1 bytes"),
        ("number", "9 Battery Level"),
        ("integer", "80 %"),
    ]
    broken = explain(bytes.fromhex("C10501C8"))
    assert (broken[-1].name, broken[-1].meaning) == ("head", "byte 3: a head of 3 bytes, 1 are there")
    assert "cut off: 1 of 11 bytes" in explain(bytes.fromhex("C8000B6D"))[-1].meaning
