from base64 import b64decode

import httpx
import pytest

from cloud.api.context import ReplayReport
from cloud.registry import quarantine
from cloud.registry.quarantine import Bounds, Suspect
from tests.cloud.api.conftest import NOW, Desk


@pytest.fixture
async def numbers(desk: Desk) -> list[int]:
    suspects = [
        Suspect(
            NOW + n, f"gw-{n % 2}", "yz/v1/gw/up/batch", "unknown_neuron", "<b>x</b>", "envelope", b"\0\xff" * n, f"{n}"
        )
        for n in range(5)
    ]
    with desk.database.begin() as tx:
        quarantine.add(tx, [*suspects, suspects[0]], Bounds())
        return [one.id for one in quarantine.page(tx, 10).items]


async def test_newest_first_with_raw_bytes(admin: httpx.AsyncClient, numbers: list[int]) -> None:
    found = (await admin.get("/api/v1/quarantine", params={"limit": 3})).json()
    rest = (await admin.get("/api/v1/quarantine", params={"limit": 3, "cursor": found["next"]})).json()
    assert [item["id"] for item in found["items"] + rest["items"]] == numbers
    assert rest["next"] is None
    assert rest["items"][-1]["count"] == 2
    assert "payload" not in found["items"][0]
    one = (await admin.get(f"/api/v1/quarantine/{numbers[0]}")).json()
    assert b64decode(one["payload"]) == b"\0\xff" * 4
    assert (one["reason"], one["bytes"], one["received"]) == ("unknown_neuron", 8, "2026-01-01T00:00:00.004Z")
    for params, count in (({"gateway": "gw-1"}, 2), ({"reason": "unknown_neuron"}, 5), ({"reason": "x"}, 0)):
        assert len((await admin.get("/api/v1/quarantine", params=params)).json()["items"]) == count


async def test_replay_marks_what_went_in_whole(admin: httpx.AsyncClient, desk: Desk, numbers: list[int]) -> None:
    path = f"/api/v1/quarantine/{numbers[0]}"
    desk.replay_report = ReplayReport(3, 0, 1, "unknown_neuron")
    assert (await admin.post(f"{path}/replay")).json() == {
        "stored": 3,
        "duplicates": 0,
        "refused": 1,
        "detail": "unknown_neuron",
    }
    assert (await admin.get(path)).json()["replayed"] is None
    desk.replay_report = ReplayReport(1, 3, 0, "")
    assert (await admin.post(f"{path}/replay")).json()["stored"] == 1
    assert (await admin.get(path)).json()["replayed"] == "2026-01-01T00:00:00.000Z"
    assert desk.replayed == [numbers[0]] * 2


async def test_unknown_and_foreign(admin: httpx.AsyncClient, desk: Desk, numbers: list[int]) -> None:
    for number in ("99", "0", "-1", "x", str(2**70)):
        assert (await admin.get(f"/api/v1/quarantine/{number}")).status_code in {404, 422}
        assert (await admin.post(f"/api/v1/quarantine/{number}/replay")).status_code in {404, 422}
    scoped = await desk.client(desk.key("read", "write", towns=("310151101",)))
    assert (await scoped.get("/api/v1/quarantine")).json() == {"items": [], "next": None}
    assert (await scoped.get(f"/api/v1/quarantine/{numbers[0]}")).status_code == 404
    assert (await scoped.post(f"/api/v1/quarantine/{numbers[0]}/replay")).status_code == 404
    assert desk.replayed == []
