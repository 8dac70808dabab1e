"""Electricity, water, gas and heat meters as their standards have them answer (DL/T 645-2007 and -1997, CJ/T 188)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from itertools import zip_longest
from operator import and_
from typing import Final, Literal, TypeVar

from protocols import cjt188, dlt645
from protocols.bcd import packed_low_first
from protocols.china_time import CHINA
from protocols.cjt188 import times
from protocols.cjt188.control import READING
from protocols.dlt645 import control
from protocols.meter_line.address import is_broadcast, is_wildcard
from simulators.environment import Moment, Site, World
from simulators.environment.world import ANCHOR_MS
from simulators.faults import PLAIN, Mouth
from simulators.truth import Said, Witness

Kind = Literal["electricity", "water", "gas", "heat"]
METER_TYPES: Final[dict[Kind, int]] = {"water": 0x10, "heat": 0x20, "gas": 0x30}
"""Of CJ/T 188; electricity speaks DL/T 645."""
COUNTS: Final[dict[Kind, str]] = {"water": "water_volume", "heat": "heat_energy", "gas": "gas_volume"}
"""What their first counter counts."""
ELECTRICITY: Final = ("active_energy", "voltage/a", "current/a", "active_power")
"""What an electricity meter is asked for."""

SAMPLE_MS: Final = 1000
"""An electricity meter measures on the full second."""
_HOUR_MS: Final = 3_600_000
_ABSENT: Final = b"\xff"
_M3, _M3_H, _KWH, _KW = b"\x2c", b"\x35", b"\x05", b"\x17"
_RELAY_OPEN: Final = 0x10
"""Bit 4 of status word 3."""
STATUS_3: Final = 0x0400_0503


class _Register:
    """A counter that stands still while nothing can flow, and goes on from where it stood."""

    def __init__(self) -> None:
        self._missed = 0.0
        self._stood: float | None = None

    def shown(self, counted: float, *, flows: bool) -> float:
        """What the wheels show.

        :param counted: what would have run through if it had never been cut off.
        """
        if not flows:
            self._stood = counted - self._missed if self._stood is None else self._stood
            return self._stood
        if self._stood is not None:
            self._missed, self._stood = counted - self._stood, None
        return counted - self._missed


class _Meter:
    """What both kinds have in common."""

    def __init__(self, site: Site, address: str, world: World, witness: Witness | None) -> None:
        self.mouth: Mouth = PLAIN
        """Where its answers go out."""
        self._site = site
        self._hardware = f"meter:{address}"
        self._world = world
        self._witness = witness
        self._counter = _Register()

    def _value(self, observed: str, now_ms: int) -> float:
        return self._world.last_known(self._site, observed, now_ms)

    def _tell(self, values: Mapping[str, float], now_ms: int) -> None:
        if self._witness is not None:
            told = [(name, float(value)) for name, value in values.items()]
            name = self._site.device
            self._witness([Said(name, self._hardware, what, None, value, "answered", now_ms) for what, value in told])


class ElectricityMeter(_Meter):
    """A single-phase meter with a relay; what it counts stands still while the relay is open.

    :param password: of level 2, 6 digits; it switches for whoever knows it. None: for nobody.
    """

    def __init__(
        self, site: Site, address: str, world: World, password: str | None = None, witness: Witness | None = None
    ) -> None:
        super().__init__(site, address, world, witness)
        self.meter = dlt645.Meter(address, {}, {} if password is None else {2: password})
        self._measured_ms: int | None = None
        self._measured: Mapping[str, float] = {}

    def receive(self, frame: dlt645.Frame, now_ms: int) -> list[bytes]:
        """The answer's bytes; none when nobody asked it."""
        self._measure(now_ms - now_ms % SAMPLE_MS)
        shown = self._measured
        answers = [dlt645.encode(said.frame) for said in self.meter.receive(frame, 0.0)]
        if frame.function not in control.READS:
            self._measure(self._measured_ms or 0, anew=True)  # from now on, if it was just switched
        if answers:
            self._tell(shown, now_ms)
        return _spoken(self.mouth, answers)

    def _measure(self, sample_ms: int, *, anew: bool = False) -> None:
        """Once a second: reading it often costs no measuring."""
        if sample_ms != self._measured_ms or anew:
            self._measured_ms, self._measured = sample_ms, self._shown(sample_ms)
            self.meter.values.update(self._values(self._measured, sample_ms))

    def _shown(self, now_ms: int) -> dict[str, float]:
        """What its display shows, in the vocabulary's units, as many digits as it has."""
        flows = self.meter.closed
        return {
            "active_energy": round(self._counter.shown(self._value("active_energy", now_ms), flows=flows), 2),
            "voltage/a": round(self._value("voltage", now_ms), 1),
            "current/a": round(self._value("current", now_ms), 3) if flows else 0.0,
            "active_power": round(self._value("active_power", now_ms), 1) if flows else 0.0,
        }

    def _values(self, shown: Mapping[str, float], now_ms: int) -> Mapping[int, bytes]:
        """The data of each identifier, low bytes first, at an instant."""
        energy, power = _bcd(shown["active_energy"], 2, 4), _bcd(shown["active_power"] / 1000, 4, 3)
        volts_2007 = _bcd(shown["voltage/a"], 1, 2)
        when = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(CHINA)
        return {
            0x0001_0000: energy,
            0x0201_0100: volts_2007,
            0x0201_FF00: volts_2007 + 4 * _ABSENT,
            0x0202_0100: _bcd(shown["current/a"], 3, 3),
            0x0203_0000: power,
            0x0203_0100: power,
            0x0206_0000: _bcd(self._value("power_factor", now_ms), 3, 2),
            0x0280_0002: _bcd(self._value("frequency", now_ms), 2, 2),
            0x0400_0101: bytes.fromhex(f"{when.isoweekday() % 7:02d}{when:%d%m%y}"),
            0x0400_0102: bytes.fromhex(f"{when:%S%M%H}"),
            STATUS_3: bytes([0 if self.meter.closed else _RELAY_OPEN, 0]),
            0x9010: energy,
            0xB611: _bcd(shown["voltage/a"], 0, 2),
            0xB630: power,
        }


class PipeMeter(_Meter):
    """A water, gas or heat meter with a valve; what it counts stands still while the valve is closed."""

    def __init__(self, site: Site, kind: Kind, address: str, world: World, witness: Witness | None = None) -> None:
        super().__init__(site, address, world, witness)
        self.meter = cjt188.Meter(METER_TYPES[kind], address, {})
        self._counts = COUNTS[kind]

    def receive(self, frame: cjt188.Frame, now_ms: int) -> list[bytes]:
        """The answer's bytes; none when nobody asked it."""
        counted = self._counted(now_ms)
        self.meter.values[READING] = self._reading(counted, now_ms)
        answers = [cjt188.encode(said.frame) for said in self.meter.receive(frame, 0.0)]
        self._counted(now_ms)  # from now on, if it was just switched
        if answers:
            self._tell({self._counts: round(counted, 2)}, now_ms)
        return _spoken(self.mouth, answers)

    def _counted(self, now_ms: int) -> float:
        return self._counter.shown(self._value(self._counts, now_ms), flows=not self.meter.valve_closed)

    def _reading(self, counted: float, now_ms: int) -> bytes:
        moment = self._world.moment(self._site, now_ms)
        time = times.wire(datetime.fromtimestamp(now_ms / 1000, UTC))
        if self.meter.meter_type == METER_TYPES["heat"]:
            return self._heat(moment, counted) + time + self.meter.status
        settled = counted - counted % 10  # on a day of last month
        return _bcd(counted, 2, 4) + _M3 + _bcd(settled, 2, 4) + _M3 + time + self.meter.status

    def _heat(self, moment: Moment, counted: float) -> bytes:
        supply = 62 + 6 * moment.wander("supply", 6)
        back = supply - 14 - 3 * moment.wander("return", 6)
        kwh_m3 = 1.16 * (supply - back)
        flow = 0.0 if self.meter.valve_closed else 0.1 + 0.9 * moment.trait("flow")
        fields = (
            _bcd(counted - counted % 100, 2, 4) + _KWH,
            _bcd(counted, 2, 4) + _KWH,
            _bcd(flow * kwh_m3, 2, 4) + _KW,
            _bcd(flow, 4, 4) + _M3_H,
            _bcd(counted / kwh_m3, 2, 4) + _M3,
            _bcd(supply, 2, 3),
            _bcd(back, 2, 3),
            _bcd((moment.time_ms - ANCHOR_MS) / _HOUR_MS, 0, 3),
        )
        return b"".join(fields)


def _spoken(mouth: Mouth, frames: list[bytes]) -> list[bytes]:
    return [found for frame in frames if (found := mouth.spoilt(frame)) is not None]


def _bcd(value: float, decimals: int, width: int) -> bytes:
    """Counters roll over like those with wheels."""
    return packed_low_first(round(value * 10**decimals) % 10 ** (2 * width), width)


_AnyMeter = TypeVar("_AnyMeter", ElectricityMeter, PipeMeter)


class MeterWire:
    """Meters of both standards on one line, as bytes in and bytes out.

    :param now_ms: tells the wall time, ms UTC.
    """

    name = "meters"

    def __init__(self, meters: tuple[ElectricityMeter | PipeMeter, ...], now_ms: Callable[[], int]) -> None:
        self.meters = meters
        self._now_ms = now_ms
        self._electricity = tuple(meter for meter in meters if isinstance(meter, ElectricityMeter))
        self._pipes = tuple(meter for meter in meters if isinstance(meter, PipeMeter))
        self.silence()

    def __len__(self) -> int:
        return len(self.meters)

    def silence(self) -> None:
        """The line was at rest: what was half a frame stays so."""
        self._dlt645, self._cjt188 = dlt645.Decoder(), cjt188.Decoder()

    def hear(self, data: bytes) -> bytes:
        """What is on the line after what came."""
        now_ms = self._now_ms()
        said: list[bytes] = []
        asked = [frame for frame in self._dlt645.feed(data) if isinstance(frame, dlt645.Frame)]
        questions = [frame for frame in self._cjt188.feed(data) if isinstance(frame, cjt188.Frame)]
        if asked or questions:
            self.silence()  # what is whole for one standard may be the beginning of something for the other
        for frame in asked:
            for electricity in _meant(self._electricity, frame.address):
                said += electricity.receive(frame, now_ms)
        for question in questions:
            for pipe in _meant(self._pipes, question.address):
                said += pipe.receive(question, now_ms)
        return _mixed(said)


def _meant(meters: Sequence[_AnyMeter], address: str) -> Sequence[_AnyMeter]:
    """Those that have to look at a frame to ``address``; the others measure nothing for it."""
    if is_broadcast(address) or is_wildcard(address):
        return meters
    return [meter for meter in meters if meter.meter.address == address]


def _mixed(answers: list[bytes]) -> bytes:
    """Of those who talk at once nobody is understood: a 0 of anybody's wins."""
    if len(answers) <= 1:
        return b"".join(answers)
    return bytes(reduce(and_, together) for together in zip_longest(*answers, fillvalue=0xFF))
