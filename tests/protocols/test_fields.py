from protocols.fields import Field, FieldReader


def test_bytes_are_named_end_to_end():
    reader = FieldReader(bytes.fromhex("7E7E01AA"))
    assert reader.take(2, "head") == b"\x7e\x7e"
    assert reader.left == 2
    assert reader.peek(1) == b"\x01"
    assert reader.rest("data", "two bytes") == [Field(0, 2, "head", ""), Field(2, 4, "data", "two bytes")]


def test_a_field_that_is_cut_off_says_so():
    reader = FieldReader(b"\x01")
    assert reader.take(2, "length", "of the body") == b"\x01"
    assert reader.fields == [Field(0, 1, "length", "of the body; cut off: 1 of 2 bytes")]
    assert reader.take(2, "CRC") == b""
    assert len(reader.rest("rest")) == 1
