"""Takes messages out of the outbox to the webhooks: one worker per endpoint, so that none waits for another."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cloud.alarms.post import Outcome, Post
from cloud.alarms.schedule import Schedule
from cloud.registry import deliveries, webhooks
from cloud.registry.database import Database
from cloud.registry.deliveries import Attempt, Delivery, Due
from cloud.registry.errors import NotFound
from cloud.registry.webhooks import Webhook
from protocols.vocabulary import Clock, wait_at_most

log = logging.getLogger(__name__)
Found = TypeVar("Found")

AT_ONCE: Final = 4
"""Requests under way to one endpoint, each of another alarm."""
LONGEST_WAIT_S: Final = 3600.0
"""Then the wall clock is looked at again: it may have been set."""
CLAIM_MS: Final = 60_000
"""A message that another process took is ours when it has not said by then what became of it."""
_AFTER_FAILURE_S: Final = 5.0
_GONE: Final = 410
_PRUNE_EVERY: Final = 1000


@dataclass(slots=True)
class CourierCounts:
    """What happened so far; each number only grows."""

    attempts: int = 0
    delivered: int = 0
    given_up: int = 0


class Courier:
    """What waits in the outbox survives us: a message that was under way when we were killed is sent once more.

    :param post: an open one.
    """

    def __init__(self, database: Database, post: Post, clock: Clock, schedule: Schedule | None = None) -> None:
        self.counts = CourierCounts()
        self._database = database
        self._post = post
        self._clock = clock
        self._schedule = schedule or Schedule()
        self._wake = asyncio.Event()
        self._workers: dict[str, asyncio.Event] = {}

    def wake(self) -> None:
        """There may be new messages or endpoints."""
        self._wake.set()
        for event in self._workers.values():
            event.set()

    async def run(self) -> None:
        """Until cancelled."""
        await self._write(_prune)
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                for webhook in await self._read(webhooks.enabled):
                    if webhook.id not in self._workers:
                        self._workers[webhook.id] = asyncio.Event()
                        group.create_task(self._serve(webhook.id))
                await self._wake.wait()

    async def _serve(self, name: str) -> None:
        wake = self._workers[name]
        try:
            while True:
                wake.clear()
                webhook = await self._read(lambda tx: _served(tx, name))
                if webhook is None:
                    return
                due = await self._read(partial(self._due, webhook=webhook))
                if due.now:
                    async with asyncio.TaskGroup() as group:
                        for delivery in due.now:
                            group.create_task(self._deliver(webhook, delivery))
                    continue
                wait_s = LONGEST_WAIT_S
                if due.next_ms is not None:
                    wait_s = min(wait_s, (due.next_ms - self._clock.now_ms()) / 1000)
                await wait_at_most(self._clock, wait_s, wake)
        finally:
            del self._workers[name]

    def _due(self, tx: Connection, webhook: Webhook) -> Due:
        now_ms = self._clock.now_ms()
        if webhook.held_until_ms is not None and now_ms < webhook.held_until_ms:
            return Due([], webhook.held_until_ms)
        return deliveries.due(tx, webhook.id, now_ms, AT_ONCE)

    async def _deliver(self, webhook: Webhook, delivery: Delivery) -> None:
        at_ms, started_s = self._clock.now_ms(), self._clock.monotonic_s()
        if self._database.shared and not await self._write(lambda tx: deliveries.claim(tx, delivery, at_ms + CLAIM_MS)):
            return
        outcome = await self._post.send(webhook, delivery)
        took_ms = round((self._clock.monotonic_s() - started_s) * 1000)
        attempt = Attempt(delivery.attempts + 1, at_ms, took_ms, outcome.status, outcome.error)
        await self._write(lambda tx: self._record(tx, delivery, attempt, outcome))
        self.counts.attempts += 1
        self.counts.delivered += not outcome.error
        if self.counts.attempts % _PRUNE_EVERY == 0:
            await self._write(_prune)

    def _record(self, tx: Connection, delivery: Delivery, attempt: Attempt, outcome: Outcome) -> None:
        now_ms = self._clock.now_ms()
        wait_s = None if outcome.status == _GONE else self._schedule.next_s(attempt.number, outcome.asked_s)
        next_ms = None if not outcome.error or wait_s is None else now_ms + round(wait_s * 1000)
        if not deliveries.record(tx, delivery, attempt, next_ms):
            return
        if outcome.error and next_ms is None:
            self.counts.given_up += 1
        if outcome.status == _GONE:
            webhooks.disable(tx, delivery.webhook, "it answered 410 Gone")
        if outcome.error and outcome.asked_s:
            webhooks.hold(tx, delivery.webhook, now_ms + round(outcome.asked_s * 1000))

    # -- the registry, which may be busy or its disk full ----------------------------------------------------------

    async def _read(self, ask: Callable[[Connection], Found]) -> Found:
        def call() -> Found:
            with self._database.read() as tx:
                return ask(tx)

        return await self._insist(call)

    async def _write(self, do: Callable[[Connection], Found]) -> Found:
        def call() -> Found:
            with self._database.begin() as tx:
                return do(tx)

        return await self._insist(call)

    async def _insist(self, call: Callable[[], Found]) -> Found:
        while True:
            try:
                return await asyncio.to_thread(call)
            except (SQLAlchemyError, OSError) as error:
                log.error("the outbox cannot be reached: %s", error)  # noqa: TRY400 - tried again
                await self._clock.sleep(_AFTER_FAILURE_S)


def _served(tx: Connection, name: str) -> Webhook | None:
    try:
        webhook = webhooks.get(tx, name)
    except NotFound:
        return None
    return webhook if webhook.enabled else None


def _prune(tx: Connection) -> None:
    for webhook in webhooks.enabled(tx):
        deliveries.prune(tx, webhook.id)
