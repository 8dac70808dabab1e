import pytest

from protocols.modbus import number, registers_of
from protocols.modbus.describe import describe_rtu, describe_tcp
from protocols.modbus.values import candidates
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frame_id, frames

RTU = frames("modbus", "MODBUS_RTU")
TCP = frames("modbus", "MODBUS_TCP")
FLOATS = frames("modbus", "MODBUS_FLOAT")
NOT_OURS = {"meaning"}
"""What a device model makes of the registers."""
VENDOR = {"pub-modbus-rtu-048"}
# Unit FF, function 01, CRC right, and nothing between. It is no answer of V1.1b3 §6.1 (the byte count is missing), so
# decode_response refuses it; describe, which is told by the CRC that these bytes were sent, shows them as they are.


def test_the_collection_is_whole():
    assert (len(RTU), len(TCP), len(FLOATS)) == (49, 2, 2)


def expected(row):
    return {name: value for name, value in row["expected"].items() if name not in NOT_OURS}


@pytest.mark.parametrize("row", [row for row in RTU if row["accept"]], ids=frame_id)
def test_rtu(row):
    told = describe_rtu(bytes.fromhex(row["frame"]))
    assert {name: told.get(name) for name in expected(row)} == expected(row)
    wanted = "vendor" if row["id"] in VENDOR else "response" if "pairs_with" in row else "request"
    if row["kind"] == "short_request_request":
        # 01 03 02 0001: the manual calls it a request of six bytes; on the wire it is the answer "one register, 1"
        wanted = "response"
    if row["kind"] == "exception_illegal_address":
        wanted = "response"
    assert told["direction"].startswith(wanted)


@pytest.mark.parametrize("row", [row for row in RTU if not row["accept"]], ids=frame_id)
def test_rtu_with_a_wrong_crc_says_which_was_right(row):
    want = row["expected"]
    with pytest.raises(ProtocolError, match=f"found {want['crc_given_low_first']}, {want['crc_computed']} is right"):
        describe_rtu(bytes.fromhex(row["frame"]))


@pytest.mark.parametrize("row", TCP, ids=frame_id)
def test_tcp(row):
    told = describe_tcp(bytes.fromhex(row["frame"]))
    assert {name: told.get(name) for name in expected(row)} == expected(row)


@pytest.mark.parametrize("row", FLOATS, ids=frame_id)
def test_float_orders(row):
    registers = tuple(int(word, 16) for word in row["frame"])
    order, value = row["expected"]["order"], row["expected"]["value"]
    assert number(registers, "f32", order) == value
    assert registers_of(value, "f32", order) == registers
    assert [name for name, found in candidates(registers, "f32").items() if found == value] == [order]


MEANT = [row for row in RTU if any("float32" in name for name in row["expected"].get("meaning", {}))]


@pytest.mark.parametrize("row", MEANT, ids=frame_id)
def test_floats_of_real_devices(row):
    ((name, values),) = row["expected"]["meaning"].items()
    registers = describe_rtu(bytes.fromhex(row["frame"]))["registers"]
    pairs = [registers[at : at + 2] for at in range(0, len(registers), 2)]
    assert [number(pair, "f32", name.split()[1]) for pair in pairs] == pytest.approx(values, rel=1e-6)
