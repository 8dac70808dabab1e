"""Electricity: the mains, lamps and cabinets, houses; whatever counts does so by a closed form, and never backwards."""

from math import cos, floor, pi, sin
from typing import Final

from simulators.environment.light import night
from simulators.environment.moment import DAY_MS, HOUR_MS, Moment
from simulators.environment.wander import chance

RATED_W: Final = 100.0
STANDBY_W: Final = 1.5
HALF_FROM: Final = 23.0
HALF_UNTIL: Final = 5.0
"""Hours between which lamps burn at half."""
_HALF_H: Final = 24 - HALF_FROM + HALF_UNTIL
_CABINET_W: Final = 25.0
"""Contactors, controller and modem."""
_CABLE_LOSS: Final = 0.03
"""Share of the lamps' power that the cables take when all burn fully; it goes with the square of the current."""
_FAILS: Final = 0.03
"""Share of lamps that fail in a year."""
_DARK_DAYS: Final = 9
"""Until somebody has repaired them."""
_YEAR_DAYS: Final = 365.2425
_EPOCH_DAY: Final = 20_454
"""2026-01-01 in China; counters began up to four years before."""


def lamp_level(moment: Moment) -> float:
    """What a lamp does by itself, %: full from dusk, half from 23:00 to 05:00, out by day."""
    into, start, length = _in_night(moment)
    if not start <= into < start + length:
        return 0.0
    return 100.0 if HALF_UNTIL <= moment.hour() < HALF_FROM else 50.0


def lamp_alight(moment: Moment) -> float:
    """1 for a lamp in order, 0 for one that has failed; one that is about to fail flickers for some days before."""
    if moment.trait("lamp fails") >= _FAILS:
        return 1.0
    begin = moment.trait("lamp failing day") * _YEAR_DAYS
    since = (moment.time_ms / DAY_MS - begin) % _YEAR_DAYS
    if since < _DARK_DAYS:
        return 0.0
    flickers = since > _YEAR_DAYS - 5 and moment.wander("flicker", 0.02) > 0.3
    return 0.35 if flickers else 1.0


def voltage(moment: Moment) -> float:
    """V: one feeder for some streets, lowest in the evening; less at the end of the line."""
    at = moment.place()
    feeder = f"{moment.seed}//feeder/{floor(at.east_km / 0.8)}/{floor(at.north_km / 0.8)}"
    load = 0.5 + 0.5 * max(0.0, moment.daily(19.5)) + 0.15 * moment.island("load", 2)
    mains = 231.5 + 3 * (chance(feeder) - 0.5) + 1.6 * moment.island("mains", 0.5)
    return mains - (3 + 4 * moment.trait("end of the line")) * load + 0.25 * moment.wander("mains", 0.02)


def frequency(moment: Moment) -> float:
    """Hz, the same for all."""
    return 50 + 0.02 * moment.island("frequency", 0.08) + 0.015 * moment.island("grid", 0.7)


def active_power(moment: Moment, level: float | None = None) -> float:
    """W of what is behind the meter; of a lamp at a level, % (its own when none is given)."""
    if moment.site.load == "house":
        return 1000 * _house_kw(moment)
    lit = lamp_level(moment) if level is None else level
    if moment.site.load == "cabinet":
        return _cabinet_w(moment, lit)
    return STANDBY_W + (RATED_W * lit / 100 * lamp_alight(moment) + 0.4 * moment.wander("power", 0.3) if lit else 0.0)


def power_factor(moment: Moment, level: float | None = None) -> float:
    """Of a lamp's driver: best at full light, poor in standby; of a house by what runs."""
    if moment.site.load == "house":
        return 0.94 + 0.03 * moment.wander("power factor", 1.5)
    lit = lamp_level(moment) if level is None else level
    return 0.48 if not lit else 0.89 + 0.07 * lit / 100


def current(moment: Moment, level: float | None = None) -> float:
    """A; of a cabinet in each of its three phases."""
    phases = 3 if moment.site.load == "cabinet" else 1
    return active_power(moment, level) / (voltage(moment) * power_factor(moment, level) * phases)


def lamps(moment: Moment) -> int:
    """How many lamps a cabinet feeds."""
    return 12 + int(29 * moment.trait("lamps"))


def cabinet_losses(lamps_w: float, rated_w: float) -> float:
    """W that a cabinet takes besides its lamps: its own, and the cables' by the square of the load."""
    return _CABINET_W + _CABLE_LOSS * lamps_w * lamps_w / rated_w


def active_energy(moment: Moment) -> float:
    """What the meter has counted, kWh."""
    if moment.site.load == "house":
        return 40_000 * moment.trait("counter") + _house_kwh(moment)
    burned, days = _burned(moment, half=0.5), _days(moment)
    kwh = (RATED_W * burned + STANDBY_W * 24 * days) / 1000
    if moment.site.load == "cabinet":
        return lamps(moment) * kwh * (1 + _CABLE_LOSS) + _CABINET_W * 24 * days / 1000
    return kwh


def lamp_hours(moment: Moment) -> float:
    """For how many hours a lamp has burned, at whatever level."""
    return _burned(moment, half=1.0)


def switched_on(moment: Moment) -> float:
    """1 while a lamp is told to burn."""
    return 1.0 if lamp_level(moment) > 0 else 0.0


def relay_closed(moment: Moment) -> float:
    """1: nobody has been cut off; a meter that was told otherwise knows by itself."""
    del moment
    return 1.0


def _cabinet_w(moment: Moment, level: float) -> float:
    count = lamps(moment)
    alight = count - (1 if moment.trait("dark lamp") < 0.2 else 0)
    lit = RATED_W * level / 100 * alight * (1 + 0.004 * moment.wander("power", 0.3)) + STANDBY_W * count
    return lit + cabinet_losses(lit, RATED_W * count)


def _in_night(moment: Moment) -> tuple[float, float, float]:
    """Hours since the last noon, and after how many the lamps go on, and for how many."""
    since_noon = (moment.time_ms - DAY_MS // 6) % DAY_MS
    start, length = night(moment, (moment.time_ms - DAY_MS // 6) // DAY_MS)
    return since_noon / HOUR_MS, start, length


def _days(moment: Moment) -> float:
    """Since the counter was put in, up to four years before 2026."""
    return moment.time_ms / DAY_MS - _EPOCH_DAY + 1500 * moment.trait("counter")


def _burned(moment: Moment, half: float) -> float:
    """Hours of full light since it was put in; ``half`` is what an hour at half light counts.

    All nights before by the integral of their mean length over the seasons, and the share of this night that is over.
    """
    into, start, length = _in_night(moment)
    noon = (moment.time_ms - DAY_MS // 6) // DAY_MS
    lit = min(length, max(0.0, into - start))
    at_half = min(_HALF_H, start + length - (HALF_FROM - 12))  # in June the sun is up before the half ends
    dimmed = min(at_half, max(0.0, into - (HALF_FROM - 12)))
    share = (lit - (1 - half) * dimmed) / max(1e-6, length - (1 - half) * at_half)  # no night at all near the pole
    first = _EPOCH_DAY - 1500 * moment.trait("counter")
    before, after = (_night_sum(day) - _night_sum(first) for day in (noon, noon + 1))
    return before + (after - before) * share - (1 - half) * _HALF_H * (noon - first + share)


def _night_sum(day: float) -> float:
    """Integral of the nights' lengths (31.6° N, -3°), hours: 11.36 on average, 2.1 longer at midwinter than then."""
    turn = 2 * pi / _YEAR_DAYS
    return 11.36 * day + 2.1 / turn * sin(turn * (day - 355))


_HOUSE: Final = ((0.42, 20.0, 1), (0.22, 8.5, 2), (0.10, 12.0, 3))
"""Amplitude, peak hour, times a day; with the seasons' 0.2 they stay below 1, so that it never counts backwards."""


def _house_kw(moment: Moment) -> float:
    """A house's load: evenings, mornings, noons, and air conditioners in summer and in winter."""
    day = 2 * pi / 24
    shape = 1 + sum(size * cos(times * day * (moment.hour() - peak)) for size, peak, times in _HOUSE)
    season = 0.2 * cos(4 * pi * (moment.time_ms / DAY_MS - 24) / _YEAR_DAYS)
    return (0.15 + 0.5 * moment.trait("load")) * (shape + season) * (1 + 0.04 * moment.wander("load", 0.1))


def _house_kwh(moment: Moment) -> float:
    """The integral of :func:`_house_kw`, without its flutter."""
    day = 2 * pi / 24
    hours = 24 * _days(moment)
    shape = hours + sum(
        size / (times * day) * sin(times * day * (moment.hour() - peak)) for size, peak, times in _HOUSE
    )
    turn = 4 * pi / _YEAR_DAYS
    season = 0.2 * 24 / turn * sin(turn * (moment.time_ms / DAY_MS - 24))
    return (0.15 + 0.5 * moment.trait("load")) * (shape + season)
