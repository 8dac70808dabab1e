"""The server's end of the registration interface: who is registered, for how long, and what waits for whom.

No I/O and no clock, as protocols.conversation has it: told what came, it says what to answer and what to send now.
Clients are known by their endpoint name, never by their address: after a sleep a modem comes back with another port.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final, Literal

from protocols.lwm2m.exchange import Address, Answer, Command, Deliver, Gone, Heard, Said, Standing, Undelivered, Uplink
from protocols.lwm2m.registration import BASE, Deregistering, Registering, Registration, Update, Updating

AWAKE_S: Final = 93.0
"""How long a client in queue mode listens after it was heard: MAX_TRANSMIT_WAIT of RFC 7252 §4.8.2."""


@dataclass(slots=True)
class _Client:
    location: str
    registration: Registration
    address: Address
    heard_s: float
    renewed_s: float
    """When it registered, or updated its registration."""
    listens: bool = True
    """False after a request in queue mode was not answered, until something comes."""
    waiting: deque[Command] = field(default_factory=deque)
    outstanding: Command | None = None

    @property
    def expires_s(self) -> float | None:
        lifetime_s = self.registration.lifetime_s
        return self.renewed_s + lifetime_s if lifetime_s else None


class Registry:
    """The book of one server.

    :param limit: clients; a further one is answered 5.03.
    :param queue_limit: commands that may wait for one client; a further one is given back.
    :param location: makes a location that was not given before; numbers from 0 on when it is left out. Where clients
        are not authenticated it must not be guessable.
    """

    def __init__(self, limit: int = 10_000, queue_limit: int = 16, location: Callable[[], str] | None = None) -> None:
        numbers = count()
        self.limit = limit
        self.queue_limit = queue_limit
        self._location = location or (lambda: str(next(numbers)))
        self._clients: dict[str, _Client] = {}
        self._endpoints: dict[str, str] = {}
        self._alarms: list[tuple[float, str]] = []
        self._roof = 64

    def __len__(self) -> int:
        return len(self._clients)

    def __iter__(self) -> Iterator[Registration]:
        return iter([client.registration for client in self._clients.values()])

    def registration(self, endpoint: str) -> Registration | None:
        """What a client said about itself; None when it is not registered."""
        client = self._clients.get(endpoint)
        return client.registration if client else None

    def at(self, location: str) -> Registration | None:
        """The registration at a location; None when there is none."""
        client = self._at(location)
        return client.registration if client else None

    def address(self, endpoint: str) -> Address | None:
        """Where its newest packet came from."""
        client = self._clients.get(endpoint)
        return client.address if client else None

    def is_awake(self, endpoint: str, now_s: float) -> bool:
        """Whether a request would be heard now."""
        client = self._clients.get(endpoint)
        return client is not None and _awake(client, now_s)

    def standing(self, endpoint: str) -> Standing | None:
        """How things are with a client; None when it is not registered."""
        client = self._clients.get(endpoint)
        if client is None:
            return None
        return Standing(client.location, client.address, client.renewed_s, client.heard_s, len(client.waiting))

    @property
    def due_s(self) -> float | None:
        """When a registration or a waiting command expires next, on the monotonic clock that is handed in."""
        while self._alarms and not self._is_set(*self._alarms[0]):
            heappop(self._alarms)
        return self._alarms[0][0] if self._alarms else None

    def receive(self, heard: Heard, now_s: float) -> list[Said]:
        """A request of the registration interface, or a sign of life; what has expired by now is said first."""
        said = self.wake(now_s)
        match heard.what:
            case Registering(registration):
                said += self._register(registration, heard.address, now_s)
            case Updating(location, update):
                said += self._update(location, update, heard.address, now_s)
            case Deregistering(location):
                said += self._deregister(location)
            case Uplink(endpoint):
                client = self._clients.get(endpoint)
                said += self._heard(client, heard.address, now_s) if client else []
        return said

    def wake(self, now_s: float) -> list[Said]:
        """Time passed: registrations and commands that have expired."""
        said: list[Said] = []
        while (due_s := self.due_s) is not None and due_s <= now_s:
            client = self._clients[self._alarms[0][1]]
            expires_s = client.expires_s
            if expires_s is not None and expires_s <= now_s:
                said += self._end(client, "expired")
            else:
                said += _outdated(client, now_s)
        return said

    def submit(self, command: Command, now_s: float) -> list[Said]:
        """A command for a client: sent now, kept until the client is heard, or given back."""
        said = self.wake(now_s)
        client = self._clients.get(command.endpoint)
        if client is None:
            return [*said, Undelivered(command, "gone")]
        if command.expires_s <= now_s:
            return [*said, Undelivered(command, "expired")]
        if len(client.waiting) >= self.queue_limit:
            return [*said, Undelivered(command, "full")]
        client.waiting.append(command)
        self._set_alarm(command.expires_s, command.endpoint)
        return said + self._next(client, now_s)

    def withdraw(self, command: Command) -> bool:
        """Nobody wants it any more; False when it does not wait: it was delivered, or given back."""
        client = self._clients.get(command.endpoint)
        if client is None or command not in client.waiting:
            return False
        client.waiting.remove(command)
        return True

    def restore(self, registration: Registration, standing: Standing) -> None:
        """Take a registration back that an earlier run of the server wrote down; call it before anything is received.

        :param standing: what :meth:`standing` said then, with times of the clock of now. A client in queue mode counts
            as asleep until something comes.
        """
        location, address, renewed_s, heard_s, _ = standing
        if len(self._clients) >= self.limit or location in self._endpoints or registration.endpoint in self._clients:
            return
        client = _Client(location, registration, address, heard_s, renewed_s, listens=not registration.queue_mode)
        self._clients[registration.endpoint] = client
        self._endpoints[location] = registration.endpoint
        if client.expires_s is not None:
            self._set_alarm(client.expires_s, registration.endpoint)

    def settled(self, endpoint: str, now_s: float, *, answered: bool) -> list[Said]:
        """The exchange of the delivered command has ended; the next one may follow (one at a time, NSTART 1).

        :param answered: False when nothing came back: a client in queue mode then counts as asleep.
        """
        client = self._clients.get(endpoint)
        if client is None:
            return []
        client.outstanding = None
        if answered:
            client.heard_s = now_s
        client.listens = answered or not client.registration.queue_mode
        return self._next(client, now_s)

    def _register(self, registration: Registration, address: Address, now_s: float) -> list[Said]:
        old = self._clients.get(registration.endpoint)
        if old is None and len(self._clients) >= self.limit:
            return [Answer("5.03", diagnostic=f"{self.limit} clients are registered, no more are taken")]
        client = _Client(self._location(), registration, address, now_s, now_s)
        said: list[Said] = [Answer("2.01", (BASE, *client.location.split("/")))]
        if old is not None:  # what waits for the device waits on: it has its own expiry
            del self._endpoints[old.location]
            client.waiting, client.outstanding = old.waiting, old.outstanding
            said.append(Gone(old.registration, "replaced"))
        self._clients[registration.endpoint] = client
        self._endpoints[client.location] = registration.endpoint
        return said + self._renewed(client, address, now_s)

    def _update(self, location: str, update: Update, address: Address, now_s: float) -> list[Said]:
        client = self._at(location)
        if client is None:
            return [Answer("4.04", diagnostic="no such registration: register again")]
        client.registration = update.applied_to(client.registration)
        return [Answer("2.04"), *self._renewed(client, address, now_s)]

    def _deregister(self, location: str) -> list[Said]:
        client = self._at(location)
        if client is None:
            return [Answer("4.04", diagnostic="no such registration")]
        return [Answer("2.02"), *self._end(client, "deregistered")]

    def _at(self, location: str) -> _Client | None:
        endpoint = self._endpoints.get(location)
        return None if endpoint is None else self._clients[endpoint]

    def _renewed(self, client: _Client, address: Address, now_s: float) -> list[Said]:
        client.renewed_s = now_s
        expires_s = client.expires_s
        if expires_s is not None:
            self._set_alarm(expires_s, client.registration.endpoint)
        return self._heard(client, address, now_s)

    def _heard(self, client: _Client, address: Address, now_s: float) -> list[Said]:
        client.address, client.heard_s, client.listens = address, now_s, True
        return self._next(client, now_s)

    def _end(self, client: _Client, why: Literal["deregistered", "expired"]) -> list[Said]:
        del self._clients[client.registration.endpoint], self._endpoints[client.location]
        return [Gone(client.registration, why), *(Undelivered(command, "gone") for command in client.waiting)]

    def _next(self, client: _Client, now_s: float) -> list[Said]:
        said = _outdated(client, now_s)
        if client.outstanding is None and client.waiting and _awake(client, now_s):
            client.outstanding = client.waiting.popleft()
            said.append(Deliver(client.outstanding, client.address))
        return said

    def _set_alarm(self, when_s: float, endpoint: str) -> None:
        heappush(self._alarms, (when_s, endpoint))
        if len(self._alarms) > self._roof:  # each update leaves an alarm behind that is not set any more
            self._alarms = [alarm for alarm in set(self._alarms) if self._is_set(*alarm)]
            heapify(self._alarms)
            self._roof = 64 + 2 * len(self._alarms)

    def _is_set(self, when_s: float, endpoint: str) -> bool:
        client = self._clients.get(endpoint)
        if client is None:
            return False
        return client.expires_s == when_s or any(command.expires_s == when_s for command in client.waiting)


def _awake(client: _Client, now_s: float) -> bool:
    return not client.registration.queue_mode or (client.listens and now_s < client.heard_s + AWAKE_S)


def _outdated(client: _Client, now_s: float) -> list[Said]:
    old = [command for command in client.waiting if command.expires_s <= now_s]
    client.waiting = deque(command for command in client.waiting if command.expires_s > now_s)
    return [Undelivered(command, "expired") for command in old]
