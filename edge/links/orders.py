"""What is wanted of a line's devices between two polls: one thing at a time, done by the link's own loop."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from edge.backoff import NETWORK_CAP_S
from edge.links.poller import P, Polled, Poller
from protocols.vocabulary import Clock, LinkDown, YingzhouError, wait_at_most

MAX_ORDERS: Final = 1000
"""That may wait for one cable; a further one is refused."""

Q = TypeVar("Q")

Order = Callable[[Q], Awaitable[float]]


class OrderQueue(Generic[Q]):
    """Orders wait here for their turn; one whose owner went away is left out."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        """Set while some may wait."""
        self._waiting: deque[tuple[Order[Q], asyncio.Future[float]]] = deque()

    async def carried_out(self, order: Order[Q]) -> float:
        """Wait for its turn and its end.

        :raises YingzhouError: what the order raised; LinkDown: too many wait.
        """
        if len(self._waiting) >= MAX_ORDERS:
            raise LinkDown(f"{MAX_ORDERS} orders wait for this line already")
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append((order, future))
        self.arrived.set()
        return await future

    async def serve(self, port: Q) -> None:
        """Carry out the first one that waits, if any does.

        :raises LinkDown: the connection broke over it; its owner is told as well.
        """
        while self._waiting:
            order, future = self._waiting.popleft()
            if future.done():
                continue
            try:
                _settle(future, await order(port))
            except LinkDown as down:
                _settle(future, down)
                raise
            except YingzhouError as error:
                _settle(future, error)
            finally:
                future.cancel()  # whoever waits is not left waiting; nothing when it is settled
            break
        if not self._waiting:
            self.arrived.clear()


def _settle(future: "asyncio.Future[float]", outcome: float | YingzhouError) -> None:
    if future.done():
        return
    if isinstance(outcome, YingzhouError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


class CommandedPoller(Poller[P]):
    """A poller whose devices can be commanded: an order waits for its turn between two polls.

    :param is_commanded: whether any of its devices has anything to command.
    """

    def __init__(  # noqa: PLR0913 - what makes a link a link
        self,
        name: str,
        kind: str,
        line: str,
        port: P,
        devices: Sequence[Polled[P]],
        clock: Clock,
        reopen_s: float = NETWORK_CAP_S,
        *,
        is_commanded: bool,
    ) -> None:
        super().__init__(name, kind, line, port, devices, clock, reopen_s)
        self.orders: OrderQueue[P] = OrderQueue()
        self._is_commanded = is_commanded

    async def _between_polls(self) -> None:
        await self.orders.serve(self._port)

    async def _interrupted(self, seconds: float) -> bool:
        if not self._is_commanded:
            return await super()._interrupted(seconds)
        await wait_at_most(self._clock, seconds, self.orders.arrived)
        return self.orders.arrived.is_set()
