import pytest

from protocols.nbiot import aep, huawei
from protocols.nbiot.describe import describe_aep, describe_huawei
from tests.protocols.golden import frame_id, frames

AEP = frames("nbiot", "NBIOT_AEP") + frames("nbiot", "NBIOT_AEP", file="more.json")
HUAWEI = frames("nbiot", "NBIOT_HUAWEI")
# Every expected field of every frame holds: no frame of the collection was found to be wrong.


def test_the_collection_is_whole():
    assert (len(frames("nbiot", "NBIOT_AEP")), len(AEP), len(HUAWEI)) == (3, 4, 2)
    assert all(row["accept"] for row in AEP + HUAWEI)


@pytest.mark.parametrize("row", AEP, ids=frame_id)
def test_aep(row):
    raw = bytes.fromhex(row["frame"])
    told = describe_aep(raw)
    assert {name: told.get(name) for name in row["expected"]} == row["expected"]
    assert aep.encode(aep.decode(raw)) == raw


@pytest.mark.parametrize("row", HUAWEI, ids=frame_id)
def test_huawei(row):
    told = describe_huawei(bytes.fromhex(row["frame"]))
    assert told == row["expected"]


def test_the_smoke_detector_is_written_as_it_was():
    fields = {"level": 1, "temperature": 314}
    assert huawei.encode(0, fields, huawei.SMOKE_DETECTOR) == bytes.fromhex("0001013A")
