"""One point's past and what it says of the newest reading: QARTOD's tests, incremental, in constant memory."""

from typing import Final, Protocol

from edge.quality.limits import Limits
from edge.quality.plateau import Plateau
from edge.quality.spike import Sample, distance
from edge.quality.unit_jump import UnitJump
from edge.quality.verdict import (
    CLOCK,
    DOUBT,
    FAIL,
    FLAT,
    GAP,
    HANDLED,
    LIMIT,
    MISSING,
    PASS,
    RANGE,
    RATE,
    SPIKE,
    SUSPECT,
    UNIT,
    WORST,
    Stamps,
    Verdict,
)
from edge.quality.window import Window, deviation

NEVER_MS: Final = -(1 << 62)


class Home(Protocol):
    """Where readings of a point pass by as long as nothing is to be said of them."""

    def settle(self, at: int) -> None:
        """Tell the point's track what passed, and let nothing pass until it is opened again."""
        ...


class Track:
    """The newest three readings of a point and what else its checks need.

    :param alone: only what can be judged without a past is judged.
    """

    __slots__ = (
        "alone", "around", "at", "depth", "doubt1", "doubt2", "doubt3", "home", "last_ms", "limits", "plateau",
        "run_count", "run_since", "seen", "still", "t1", "t2", "t3", "unit", "x1", "x2", "x3",
    )  # fmt: skip

    def __init__(self, limits: Limits, *, alone: bool = False) -> None:
        self.limits = limits
        self.alone = alone
        self.home: Home | None = None
        self.at = self.seen = 0
        self.last_ms = NEVER_MS
        """Time of the newest reading in order, also of one that says nothing of the process."""
        self.depth = self.run_count = self.run_since = 0
        self.x1 = self.x2 = self.x3 = 0.0
        self.t1 = self.t2 = self.t3 = 0
        self.doubt1 = self.doubt2 = self.doubt3 = False
        self.plateau = Plateau(limits.flat.tolerance) if limits.flat and limits.flat.tolerance else None
        self.around = Window(limits.deviation.window_ms) if limits.deviation else None
        self.unit: UnitJump | None = None
        """Made at the first jump: most points never have one."""
        self.still = Window(limits.attenuated.window_ms) if limits.attenuated else None

    def judge(self, time: int, value: float, quality: int, reasons: int, stamps: Stamps) -> Verdict:
        """The next reading in order of arrival."""
        bits = 0 if stamps.earliest <= time <= stamps.latest else CLOCK
        if quality == MISSING:
            return Verdict(quality, reasons | bits, bits, late=False, clean=False)
        late = not bits and not self._is_next(time, stamps.latest)
        if reasons & HANDLED or quality == FAIL or value != value:  # noqa: PLR0124 - NaN
            if not bits and not late:
                self._pass_over(time, handled=bool(reasons & HANDLED))
            return Verdict(WORST[quality][SUSPECT] if bits else quality, reasons | bits, bits, late, clean=False)
        flag = SUSPECT if bits else PASS
        evaluated = self.limits.ranged
        found, bits_found = self._range(value)
        if not bits and not late and not self.alone:
            needs = self.limits.needs
            evaluated = evaluated or (needs is not None and self.depth >= needs)
            of_series, bits_of_series = self._in_series(time, value, failed=found == FAIL)
            found, bits_found = WORST[found][of_series], bits_found | bits_of_series
        flag, bits = WORST[flag][found], bits | bits_found
        if bits or evaluated:
            quality = WORST[quality][flag]
        clean = not bits and not late and not self.alone and self._may_pass()
        return Verdict(quality, reasons | bits, bits, late, clean)

    def _is_next(self, time: int, latest: int) -> bool:
        if time > self.last_ms:
            return True
        if self.last_ms > latest:  # the clock was set back: what we remember is of a time that has not been yet
            self.forget()
            self.last_ms = NEVER_MS
            return True
        return False

    def _may_pass(self) -> bool:
        """Whether the checks have all that they need, and nothing that must be looked at with every reading."""
        limits = self.limits
        return not limits.windowed and (limits.ranged or limits.needs is None or self.depth >= limits.needs)

    def _pass_over(self, time: int, *, handled: bool) -> None:
        if handled:
            self.forget()
        self.last_ms = time

    def forget(self) -> None:
        """What comes is not the continuation of what was."""
        self.depth = self.run_count = 0
        self.doubt1 = self.doubt2 = self.doubt3 = False
        for kept in (self.plateau, self.around, self.still, self.unit):
            if kept is not None:
                kept.clear()

    def push(self, time: int, value: float, *, doubt: bool = False) -> None:
        """The newest reading."""
        self.x3, self.t3, self.doubt3 = self.x2, self.t2, self.doubt2
        self.x2, self.t2, self.doubt2 = self.x1, self.t1, self.doubt1
        self.x1, self.t1, self.doubt1 = value, time, doubt
        self.last_ms = time
        if self.depth < 3:
            self.depth += 1

    def _past(self) -> tuple[Sample, ...]:
        """The readings before this one, newest first, at most three."""
        return (Sample(self.t1, self.x1), Sample(self.t2, self.x2), Sample(self.t3, self.x3))[: self.depth]

    def _range(self, value: float) -> tuple[int, int]:
        sensor, user = self.limits.sensor, self.limits.user
        if sensor is not None and not sensor.low <= value <= sensor.high:
            return FAIL, RANGE
        if user is not None and not user.low <= value <= user.high:
            return SUSPECT, RANGE
        return PASS, 0

    def _in_series(self, time: int, value: float, *, failed: bool) -> tuple[int, int]:
        """What the readings before it say; a value that no sensor can measure takes no part in what follows it."""
        flag, bits = self._gap(time)
        if self._is_other_unit(time, value, keep=not failed):
            flag, bits = WORST[flag][SUSPECT], bits | UNIT
        if failed:
            self.last_ms = time
            return flag, bits
        for found, reason in (
            (self._spike(time, value), SPIKE),
            (self._rate(time, value), RATE),
        ):
            if found != PASS:
                flag, bits = WORST[flag][found], bits | reason
        doubt = bool(bits & DOUBT)
        for found, reason in (
            (self._flat(time, value), FLAT),
            (self._attenuated(time, value, doubt=doubt), FLAT),
            (self._stuck(value), LIMIT),
        ):
            if found != PASS:
                flag, bits = WORST[flag][found], bits | reason
        if self.around is not None and not doubt:
            self.around.add(time, value)
        self.push(time, value, doubt=doubt)
        return flag, bits

    def _gap(self, time: int) -> tuple[int, int]:
        gap = self.limits.gap
        if gap is None or self.last_ms == NEVER_MS or time - self.last_ms <= gap.longest_ms:
            return PASS, 0
        self.forget()
        return int(gap.quality), GAP

    def _is_other_unit(self, time: int, value: float, *, keep: bool) -> bool:
        limit, unit = self.limits.unit, self.unit
        if limit is None:
            return False
        if (unit is None or not unit.holds) and (self.depth < 3 or abs(value - self.x1) <= limit.step):
            return False
        if unit is None:
            unit = self.unit = UnitJump(limit)
        wrong = unit.is_wrong(time, value, self._past(), keep=keep)
        if unit.came_back:
            self.forget()
            unit.came_back = False
        return wrong

    def _spike(self, time: int, value: float) -> int:
        spike = self.limits.spike
        if spike is None or self.depth < 2 or time - self.t1 > spike.within_ms or self.t1 - self.t2 > spike.within_ms:
            return PASS
        if abs(value - self.x1) <= spike.low:
            return PASS
        past = self._past()
        doubts = (False, self.doubt2, self.doubt3)  # the last one counts in any case: it may have been an edge
        away = distance(
            time, value, past[0], past[1], [x for (_, x), doubt in zip(past, doubts, strict=False) if not doubt]
        )
        return PASS if away <= spike.low else SUSPECT if away <= spike.high else FAIL

    def _rate(self, time: int, value: float) -> int:
        """Against the last reading, and when that one is in doubt, against the one before it as well."""
        rate, sd = self.limits.rate, self._usual_deviation(time)
        if self.depth == 0 or (rate is None and not sd):
            return PASS
        if not sd and rate is not None and abs(value - self.x1) <= rate.steps[0][1]:
            return PASS
        past = self._past()[: 1 if not self.doubt1 else 2 if not self.doubt2 else 3]
        if rate is not None and all(abs(value - x) > rate.allowed(time - t) for t, x in past):
            return SUSPECT
        return SUSPECT if sd and all(abs(value - x) > sd for _, x in past) else PASS

    def _usual_deviation(self, time: int) -> float:
        """N_DEV times the standard deviation of the last window; 0 when there is none."""
        if self.around is None or self.limits.deviation is None:
            return 0.0
        values = self.around.of(time)
        return self.limits.deviation.times * deviation(values) if values is not None else 0.0

    def _flat(self, time: int, value: float) -> int:
        if self.depth and value == self.x1:
            self.run_count += 1
        else:
            self.run_count, self.run_since = 1, time
        flat = self.limits.flat
        if flat is None:
            return PASS
        count, since = self.run_count, self.run_since
        if self.plateau is not None:
            count, since = self.plateau.add(time, value)
        lasted = time - since
        if count < flat.suspect_count or lasted < flat.suspect_ms or flat.is_natural(value, lasted):
            return PASS
        return FAIL if flat.fail_count is not None and count >= flat.fail_count and lasted >= flat.fail_ms else SUSPECT

    def _attenuated(self, time: int, value: float, *, doubt: bool) -> int:
        limit = self.limits.attenuated
        if self.still is None or limit is None:
            return PASS
        if not doubt:
            self.still.add(time, value)
        values = self.still.of(time)
        if values is None:
            return PASS
        moved = values.high - values.low if limit.by == "range" else deviation(values)
        return FAIL if moved < limit.fail else SUSPECT if moved < limit.suspect else PASS

    def _stuck(self, value: float) -> int:
        stuck = self.limits.stuck
        return SUSPECT if stuck is not None and value in stuck.values and self.run_count >= stuck.count else PASS
