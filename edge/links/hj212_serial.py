"""HJ 212 stations on a serial line: the same conversation as over TCP, with whoever is on the line (HJ 212-2017 §5)."""

from math import inf

from edge.backoff import Backoff
from edge.intake import Intake
from edge.lines.line import Line
from edge.links.dial_in import SWEEP_S
from edge.links.hj212_config import Hj212Serial, Hj212SerialTcp
from edge.links.hj212_tcp import Hj212Link, Talk
from edge.links.link import LinkStatus
from protocols.vocabulary import Clock, LinkDown


class _Party:
    """Everybody at the other end of the line. Implements edge.links.hj212_tcp.Peer."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.heard_s = inf
        """When the last valid frame came, monotonic s; for ever: none that was not told as silence already."""
        self.gone = False

    def heard(self, now_s: float) -> None:
        self.heard_s = now_s

    def send(self, data: bytes) -> bool:
        try:
            self._line.write(data)
        except LinkDown:
            self.gone = True
        return not self.gone


class Hj212SerialLink(Hj212Link):
    """One serial port, or one serial server's, with one or more stations. The line's own time is the machine's."""

    def __init__(self, config: Hj212Serial | Hj212SerialTcp, clock: Clock | None = None) -> None:
        super().__init__(config, clock)
        self._line = config.line()
        self._reopen_s = config.reopen_s
        self._up = False
        self._trouble = ""

    async def run(self, intake: Intake) -> None:
        backoff = Backoff(cap_s=self._reopen_s)
        self._memory.load()
        try:
            while True:
                try:
                    await self._line.open()
                    await self._converse(intake, backoff)
                except LinkDown as error:
                    self._trouble = str(error)
                    self.counters["link_down"] += 1
                finally:
                    self._line.close()
                await self.clock.sleep(backoff.next_s())
        finally:
            self._memory.save()

    async def _converse(self, intake: Intake, backoff: Backoff) -> None:
        """Until the line is lost.

        :raises LinkDown: it is.
        """
        party = _Party(self._line)
        talk = self.begin(party, intake)
        self._up = True
        try:
            while True:
                data = await self._line.read(SWEEP_S)
                if data:
                    await talk.take(data)
                    backoff.succeeded()
                self._look(party, talk)
                self.wake()
        finally:
            self._up = False
            talk.over()

    def _look(self, party: _Party, talk: Talk) -> None:
        """Whoever is on a line that brought nothing valid for too long counts as silent."""
        if self.clock.monotonic_s() - party.heard_s < self.config.idle_s:
            return
        party.heard_s = inf
        self.counters["idle"] += 1
        for station in talk.stations:
            station.record.state = "silent"

    def status(self) -> LinkStatus:
        counters = {**self.counters, **self._line.counters}
        return LinkStatus(self.name, self.config.kind, self._up, counters, self.stations.status(), self._trouble)
