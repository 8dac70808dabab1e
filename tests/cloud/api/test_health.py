import httpx

from tests.cloud.api.conftest import Desk


async def test_ready_or_why_not(desk: Desk) -> None:
    client = await desk.client()
    assert (await client.get("/healthz")).json() == {"status": "ok", "reasons": []}
    assert (await client.get("/readyz")).json() == {"status": "ready", "reasons": []}
    desk.reasons = ["the broker is away"]
    unready = await client.get("/readyz")
    assert (unready.status_code, unready.json()) == (503, {"status": "unready", "reasons": ["the broker is away"]})
    assert (await client.get("/healthz")).status_code == 200


async def test_metrics_are_open_on_loopback_only(desk: Desk, admin: httpx.AsyncClient) -> None:
    assert (await (await desk.client()).get("/metrics")).status_code == 401
    for host in ("127.0.0.1", "::1"):
        local = await desk.client(host=host)
        assert (await local.get("/metrics")).status_code == 200
        assert (await local.get("/api/v1/twins")).status_code == 401
    await admin.get("/api/v1/twins/310151-0118-000001-0")
    text = (await admin.get("/metrics")).text
    assert 'yz_http_requests_total{method="GET",route="/api/v1/twins/{twin}",status="404"} 1.0' in text
    assert 'route="none",status="401"' in text


async def test_metrics_show_no_secret(desk: Desk) -> None:
    client = await desk.client("canary-secret")
    for path in ("/api/v1/twins", "/login?ticket=canary-secret", "/canary-secret"):
        await client.get(path)
    local = await desk.client(host="127.0.0.1")
    assert "canary" not in (await local.get("/metrics")).text


async def test_towns_and_outline(admin: httpx.AsyncClient) -> None:
    towns = (await admin.get("/api/v1/towns")).json()
    assert len(towns["items"]) == 18
    assert towns["next"] is None
    assert towns["items"][0] == {
        "code": "310151101",
        "name": "城桥镇",
        "name_latin": "Chengqiao",
        "kind": "镇",
        "island": "chongming",
        "location": {"type": "Point", "coordinates": [121.39252, 31.63082]},
    }
    outline = await admin.get("/api/v1/outline")
    assert outline.headers["content-type"] == "application/geo+json"
    assert {feature["id"] for feature in outline.json()["features"]} >= {"chongming", "changxing", "hengsha"}


async def test_error_of_ours_tells_nothing(desk: Desk) -> None:
    key = desk.key("admin")
    desk.store.close()
    transport = httpx.ASGITransport(desk.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers={"X-API-Key": key}) as client:
        made = await client.post("/api/v1/neurons", json={"kind": "k", "observed_properties": ["ph"]})
        answer = await client.get(f"/api/v1/datastreams/{made.json()['datastreams'][0]['key']}/readings")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "an error of ours; it is in the log"
