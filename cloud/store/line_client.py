"""Who takes line protocol over HTTP: ``/api/v2/write`` (influxdb-client), or ``/write`` of InfluxDB 1."""

import re
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import httpx

from cloud.store.port import StoreError
from cloud.store.settings import Account

TIMEOUT_S: Final = 60.0
_TOO_OLD: Final = re.compile(r"points (?:beyond|outside) retention policy.*?dropped=(\d+)", re.DOTALL)
"""InfluxDB 1 and 2 until 2024, and since then. They say so with 400, 422 or 500, and took the others."""
_OTHERWISE: Final = "outside write window"


class LineClient(Protocol):
    """Takes lines."""

    def write(self, lines: str) -> int:
        """All of them; times in ms. How many were left out because they are older than all that is kept there.

        :raises StoreError: others were not taken.
        """
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class V2Client:
    """``/api/v2/write`` of InfluxDB 2 and 3, and of VictoriaMetrics."""

    url: str
    bucket: str
    account: Account = field(default_factory=Account)
    _client: Any = None
    _door: Any = None

    def write(self, lines: str) -> int:
        """See :class:`LineClient`."""
        import urllib3  # noqa: PLC0415 - only who uses such a store pays for it
        from influxdb_client.rest import ApiException  # noqa: PLC0415

        try:
            self._opened().write(self.bucket, self.account.organisation or "-", lines, write_precision="ms")
        except ApiException as error:
            told = str(error.body or error.reason)
            if (too_old := _too_old(error.status, told)) is not None:
                return too_old
            raise StoreError(f"{self.url}/api/v2/write: {error.status} {told[:300]}") from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise StoreError(f"{self.url}/api/v2/write: {error}") from None
        return 0

    def _opened(self) -> Any:
        if self._door is None:
            from influxdb_client.client.influxdb_client import InfluxDBClient  # noqa: PLC0415
            from influxdb_client.client.write_api import SYNCHRONOUS  # noqa: PLC0415

            account = self.account
            token = f"{account.username}:{account.token}" if account.username else account.token
            self._client = InfluxDBClient(
                self.url,
                token or "-",
                org=account.organisation or "-",
                timeout=round(TIMEOUT_S * 1000),
            )
            self._door = self._client.write_api(write_options=SYNCHRONOUS)
        return self._door

    def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            self._door.close()
            self._client.close()
            self._client = self._door = None


@dataclass(slots=True)
class V1Client:
    """``/write`` of InfluxDB 1."""

    url: str
    database: str
    http: httpx.Client

    def write(self, lines: str) -> int:
        """See :class:`LineClient`."""
        url, named = f"{self.url}/write", {"db": self.database, "precision": "ms"}
        answer = asked(self.http, "POST", url, params=named, content=lines.encode())
        too_old = _too_old(answer.status_code, answer.text)
        if too_old is None:
            checked(answer)
        return too_old or 0

    def close(self) -> None:
        """Nothing is its own."""


def told(http: httpx.Client, method: str, url: str, **request: Any) -> httpx.Response:
    """The answer, if it is a good one.

    :raises StoreError: nobody answers, or the answer is an error.
    """
    return checked(asked(http, method, url, **request))


def asked(http: httpx.Client, method: str, url: str, **request: Any) -> httpx.Response:
    """The answer, whatever it is.

    :raises StoreError: nobody answers.
    """
    try:
        return http.request(method, url, **request)
    except httpx.HTTPError as error:
        raise StoreError(f"{url}: {str(error) or type(error).__name__}") from None


def checked(answer: httpx.Response) -> httpx.Response:
    """The same.

    :raises StoreError: it is an error.
    """
    if not answer.is_success:
        url = answer.request.url.copy_with(query=None)
        raise StoreError(f"{url}: {answer.status_code} {answer.text[:300].strip()}")
    return answer


def _too_old(status: int, body: str) -> int | None:
    """How many lines are older than InfluxDB's retention, if that is what it says."""
    found = None if status < 400 or _OTHERWISE in body else _TOO_OLD.search(body)
    return None if found is None else int(found[1])
