"""Commands as they stand in frames that were seen, or as the standard lays them out."""

from datetime import UTC, datetime

import pytest

from protocols.dlt645 import ANYONE, EVERYBODY, Credentials, decode, encode, requests
from protocols.dlt645.frame import Frame
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frames

NEW = Credentials(2, "654321", "0")
FACTORY = Credentials(2, "000000", "0")
WHO = Credentials(level=2, password="123456", operator="87654321")
SEEN = {row["id"]: row["frame"].lstrip("FE") for row in frames("dlt645", "DLT645")}
WHEN = datetime(2021, 7, 9, 15, 59, 0, tzinfo=UTC)  # 23:59:00 in China


@pytest.mark.parametrize(
    ("seen", "made"),
    [
        ("pub-dlt645-001", requests.read("000000000161", 0x00010000)),
        ("pub-dlt645-044", requests.read(ANYONE, 0x02010100)),
        ("pub-dlt645-046", requests.read("000000000003", 0xB611, edition="1997")),
        ("pub-dlt645-017", requests.remote_switch("558890213594", FACTORY, 0x1A, WHEN.replace(second=59))),
    ],
)
def test_requests_that_were_seen(seen, made):
    assert encode(made).hex().upper() == SEEN[seen]


@pytest.mark.parametrize(
    ("frame", "control", "data"),
    [
        (requests.read("1" * 12, 0x06000001, blocks=2), 0x11, "0100000602"),
        (requests.read("1" * 12, 0x06000001, blocks=2, since=WHEN), 0x11, "01000006025923090721"),
        (requests.read_next("1" * 12, 0x0001FF00, 3), 0x12, "00FF010003"),
        (requests.read_next("1" * 12, 0x901F, 3, "1997"), 0x02, "1F90"),
        (requests.read_address(), 0x13, ""),
        (requests.write("1" * 12, 0x04000103, b"\x15", WHO), 0x14, "03010004025634122143658715"),
        (requests.write("1" * 12, 0xC032, b"\x15", WHO, "1997"), 0x04, "32C015"),
        (requests.write_address("123456789012"), 0x15, "129078563412"),
        (requests.write_address("123456789012", "1997"), 0x0A, "129078563412"),
        (requests.broadcast_time(WHEN), 0x08, "005923090721"),
        (requests.freeze(None, None, None, None), 0x16, "99999999"),
        (requests.freeze(None, 1, 0, 30), 0x16, "30000199"),
        (requests.baud_rate("1" * 12, 9600), 0x17, "20"),
        (
            requests.change_password("1" * 12, 0x04000C03, WHO, Credentials(2, "654321", "0")),
            0x18,
            "030C00040256341202214365",
        ),
        (requests.clear_demand("1" * 12, WHO), 0x19, "0256341221436587"),
        (requests.clear_meter("1" * 12, WHO), 0x1A, "0256341221436587"),
        (requests.clear_events("1" * 12, WHO), 0x1B, "0256341221436587FFFFFFFF"),
        (requests.clear_events("1" * 12, WHO, 0x030100FF), 0x1B, "0256341221436587FF000103"),
        (requests.remote_switch("1" * 12, WHO, 0x1C, WHEN), 0x1C, "02563412214365871C00005923090721"),
        (requests.terminal_output("1" * 12, 0), 0x1D, "00"),
    ],
)
def test_each_command_has_its_control_and_data(frame, control, data):
    assert (frame.control, frame.data) == (control, bytes.fromhex(data))
    assert decode(encode(frame)) == frame


def test_whom_commands_go_to():
    assert requests.read_address().address == requests.write_address("1" * 12).address == ANYONE
    assert requests.broadcast_time(WHEN).address == requests.freeze(None, None, None, None).address == EVERYBODY


@pytest.mark.parametrize(
    "make",
    [
        lambda: requests.read("1" * 12, 1 << 32),
        lambda: requests.read("1" * 12, 0x10000, edition="1997"),
        lambda: requests.read("1" * 12, -1),
        lambda: requests.read("1" * 12, 0, blocks=256),
        lambda: requests.read_next("1" * 12, 0, 256),
        lambda: requests.write_address("12345"),
        lambda: requests.baud_rate("1" * 12, 300),
        lambda: requests.clear_demand("1" * 12, Credentials(2, "1234567", "0")),
        lambda: requests.clear_demand("1" * 12, Credentials(2, "12345a", "0")),
        lambda: requests.freeze(100, None, None, None),
        lambda: encode(requests.read("1", 0)),
        lambda: encode(Frame("1" * 12, 256)),
    ],
)
def test_what_does_not_fit_is_an_error(make):
    with pytest.raises(ProtocolError):
        make()
