import pytest

from protocols.lwm2m import identities

IMEI = "867723030005655"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (IMEI, ["imei:" + IMEI]),
        (f"urn:imei:{IMEI}", ["imei:" + IMEI]),
        ("urn:imei:86772303-000565-5", ["imei:" + IMEI]),
        (f"urn:imei-imsi:{IMEI}-460110123456789", ["imei:" + IMEI, "imsi:460110123456789"]),
        (f"urn:imei-msisdn:{IMEI}-8613800755500", ["imei:" + IMEI, "msisdn:8613800755500"]),
        (f"{IMEI};460110123456789", ["imei:" + IMEI, "imsi:460110123456789"]),
        ("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", ["uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"]),
        ("urn:dev:ops:32473-Refrigerator-5002", []),
        ("urn:dev:ops:00324A-Refrigerator-5002", ["ops:00324A-Refrigerator-5002"]),
        ("urn:dev:os:32473-123456", ["os:32473-123456"]),
        ("urn:esn:ABCDEF01", ["esn:ABCDEF01"]),
        ("urn:meid:A1000012345678", ["meid:A1000012345678"]),
        ("embARC-test", []),
        ("12345678901234", []),
        (f"{IMEI};x", []),
        (f"{IMEI};", []),
        ("８６７７２３０３０００５６５５", []),
        ("urn:dev:os:a b", []),
    ],
)
def test_identities(name, expected):
    found = identities(name)
    assert [str(identity) for identity in found] == expected
    for identity in found:
        identity.checked()
