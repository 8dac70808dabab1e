"""The ``[[link]]`` sections of listeners for hydrological stations (SL 651-2014)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from edge.links.station_config import Asking
from edge.section import Host, Port, Seconds, Source
from edge.watched import Watched
from protocols.sl651 import Lists
from protocols.sl651.elements import elements_by_name
from protocols.sl651.stations import address
from protocols.vocabulary import ProtocolError


def _station(text: str) -> str:
    try:
        return address(text)
    except ProtocolError as error:
        raise ValueError(str(error)) from None


def _element(name: str) -> str:
    if name not in elements_by_name():
        raise ValueError("expected the ASCII name of an element of SL 651-2014 Table C.1")
    return name


def _step(period_s: int) -> int:
    if not (60 <= period_s < 3600 and period_s % 60 == 0) and not (3600 <= period_s <= 86_400 and period_s % 3600 == 0):
        raise ValueError("expected whole minutes below an hour, or whole hours up to a day")
    return period_s


StepSeconds = Annotated[int, AfterValidator(_step)]
"""What a time step of SL 651-2014 Table C.3 can say."""


class Sl651Device(Watched):
    """``[[link.device]]`` of an SL 651 listener: what one station does differently."""

    station: Annotated[str, AfterValidator(_station)]
    """Its address: the 10 digits of the frame, or the 12 that are printed on a non-hydrological one."""
    neuron: Source | None = None
    """None: the readings go as ``sl651:<address>`` and the cloud's registry resolves them."""
    password: Annotated[str, Field(pattern=r"^[0-9A-F]{4}$")] | None = None
    """None: the station's password is not looked at, and it is answered with its own."""
    lists: Lists = "first"
    """Which time stands in front of the lists of an hour; see docs/protocols/sl651.md."""
    period_s: StepSeconds | None = None
    """How often it reports; history is asked for in these steps. None: it is never asked for."""
    pull: tuple[Annotated[str, AfterValidator(_element)], ...] = ()
    """Of which elements history is asked; none named: of all that come in that period."""

    @property
    def source(self) -> str:
        return self.neuron or f"sl651:{self.station}"

    @property
    def cadence_s(self) -> float | None:
        return self.period_s


class _Sl651(Asking):
    host: Host = "0.0.0.0"
    port: Port
    set_clock: bool = False
    """Whether a clock that is off by more than the tolerance is set (4A)."""
    answer_s: Seconds = 30.0
    """How long an answer is waited for."""
    idle_s: Seconds = 7200.0
    """A station that sends no valid frame for so long counts as silent, and its connection is closed. Stations may keep
    one open from hour to hour."""
    device: tuple[Sl651Device, ...] = ()


class Sl651Tcp(_Sl651):
    """``[[link]] kind = "sl651-tcp"``: stations dial in. One that is not listed is let in as ``sl651:<address>``."""

    kind: Literal["sl651-tcp"]
    max_connections: Annotated[int, Field(ge=1, le=10_000)] = 500


class Sl651Udp(_Sl651):
    """``[[link]] kind = "sl651-udp"``: the same in datagrams."""

    kind: Literal["sl651-udp"]
