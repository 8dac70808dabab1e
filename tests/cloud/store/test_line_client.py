"""What InfluxDB says when it keeps nothing as old; the words are those of its releases."""

import httpx
import pytest

from cloud.store.line_client import V1Client
from cloud.store.port import StoreError

V1 = '{"error":"partial write: points beyond retention policy dropped=3"}'
V2 = (
    '{"code":"unprocessable entity","message":"failure writing points to database: partial write: points beyond '
    'retention policy dropped=3"}'
)
SINCE_2025 = (
    '{"code":"unprocessable entity","message":"failure writing points to database: partial write: dropped 3 points '
    "outside retention policy of duration 24h0m0s - oldest point home,room=Kitchen at 1970-01-01T00:00:00Z violates a "
    "Retention Policy Lower Bound at 2026-11-26T00:00:00Z, newest point home,room=Kitchen at 1970-01-01T00:00:03Z "
    'violates a Retention Policy Lower Bound at 2026-11-26T00:00:00Z dropped=3 for database: a"}'
)


def client(status: int, body: str) -> V1Client:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body))
    return V1Client("http://influx.test", "a", httpx.Client(transport=transport))


@pytest.mark.parametrize(("status", "body"), [(400, V1), (422, V2), (500, V2), (422, SINCE_2025)])
def test_what_is_too_old_is_told_by_number(status: int, body: str) -> None:
    assert client(status, body).write("yz v=1 1") == 3


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, '{"error":"partial write: field type conflict: input field \\"v\\" is type float dropped=3"}'),
        (400, '{"error":"partial write: max-values-per-tag limit exceeded (100000/100000) dropped=1"}'),
        (422, SINCE_2025.replace(" dropped=3 for", " and dropped 1 points outside write window dropped=4 for")),
        (404, '{"error":"database not found"}'),
        (503, ""),
    ],
)
def test_any_other_refusal_is_an_error(status: int, body: str) -> None:
    with pytest.raises(StoreError, match=f"^http://influx.test/write: {status}"):
        client(status, body).write("yz v=1 1")


def test_taken_is_taken() -> None:
    assert client(204, "").write("yz v=1 1") == 0
