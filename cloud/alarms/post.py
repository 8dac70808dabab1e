"""One signed request to one webhook: pinned to a judged address, no redirect, bounded in time and answer."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple, Self

import httpx
from standardwebhooks import Webhook as Signer

from cloud.alarms.schedule import retry_after_s
from cloud.alarms.target import Target, TargetRefused, Targets
from cloud.registry import webhooks
from cloud.registry.deliveries import Delivery
from cloud.registry.webhooks import Webhook
from cloud.secrets import Secrets
from protocols.vocabulary import Clock

TIMEOUT_S: Final = 15.0
"""From the question for its address to the end of its answer."""
_MAX_ANSWER: Final = 64 * 1024
_MOST_TRIED: Final = 3
_PURPOSE: Final = "webhook"


class Outcome(NamedTuple):
    """What became of one attempt."""

    status: int | None
    """HTTP; None: there was no answer."""
    error: str
    """Empty: delivered."""
    asked_s: float | None = None
    """The receiver's Retry-After."""


def signing_secret(secrets: Secrets, webhook: Webhook) -> str:
    """``whsec_`` and 32 bytes in base64, as receivers' libraries take it."""
    return f"whsec_{b64encode(secrets.derive(_PURPOSE, webhook.id, webhook.version)).decode()}"


class Post:
    """Opened with ``async with``. Connections are not kept: two hosts behind one address must not share one.

    :param tls: another trust store than the system's.
    """

    def __init__(
        self,
        targets: Targets,
        secrets: Secrets,
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._targets = targets
        self._secrets = secrets
        self._clock = clock
        self._timeout_s = timeout_s
        self._tls = tls
        self._stack = AsyncExitStack()
        self._client: httpx.AsyncClient | None = None
        # resolving blocks for as long as a name server likes: not in the threads that commit readings
        self._resolvers = ThreadPoolExecutor(webhooks.MOST, "resolve")

    async def __aenter__(self) -> Self:
        self._stack.callback(self._resolvers.shutdown, wait=False, cancel_futures=True)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        tls = self._tls or ssl.create_default_context()
        client = httpx.AsyncClient(verify=tls, limits=limits, trust_env=False, timeout=None)  # noqa: S113 - see send
        self._client = await self._stack.enter_async_context(client)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def send(self, webhook: Webhook, delivery: Delivery) -> Outcome:
        """Try once; whatever goes wrong on the way is an outcome."""
        try:
            async with asyncio.timeout(self._timeout_s):
                loop = asyncio.get_running_loop()
                target = await loop.run_in_executor(self._resolvers, self._targets.judge, webhook.url)
                return await self._send(target, self._headers(webhook, delivery), delivery.body)
        except TimeoutError:
            return Outcome(None, f"no answer within {self._timeout_s:g} s")
        except TargetRefused as refusal:
            return Outcome(None, f"not sent: {refusal}")
        except httpx.HTTPError as error:
            return Outcome(None, f"{type(error).__name__}: {error}".rstrip(": "))

    def _headers(self, webhook: Webhook, delivery: Delivery) -> dict[str, str]:
        now = datetime.fromtimestamp(self._clock.now_ms() // 1000, UTC)
        signer = Signer(signing_secret(self._secrets, webhook))
        return {
            "content-type": "application/json",
            "user-agent": "yingzhou-webhooks/1",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(delivery.id, now, delivery.body.decode()),
        }

    async def _send(self, target: Target, headers: Mapping[str, str], body: bytes) -> Outcome:
        *others, last = target.addresses[:_MOST_TRIED]
        for address in others:
            with suppress(httpx.ConnectError):
                return await self._send_to(address, target.url, headers, body)
        return await self._send_to(last, target.url, headers, body)

    async def _send_to(self, address: str, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Outcome:
        if self._client is None:
            raise RuntimeError("the post is not open")
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            headers={**headers, "host": url.netloc.decode("ascii")},
            content=body,
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            await _drain(response)
        except httpx.HTTPError as error:
            return Outcome(response.status_code, f"the answer broke off: {type(error).__name__}")
        finally:
            await response.aclose()
        return self._judge(response)

    def _judge(self, response: httpx.Response) -> Outcome:
        status = response.status_code
        if 200 <= status < 300:
            return Outcome(status, "")
        asked = response.headers.get("retry-after") if status in {429, 503} else None
        error = f"answered {status}" + (", which is not followed" if response.is_redirect else "")
        return Outcome(status, error, retry_after_s(asked, self._clock.now_ms()))


async def _drain(response: httpx.Response) -> None:
    """Read the answer as far as we care: one that breaks off may not have been meant."""
    received = 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        if received > _MAX_ANSWER:
            break
