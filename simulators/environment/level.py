"""Water levels: the estuary's with tide, season, wind and surge; the channels' behind sluices that obey orders.

Metres above the 1985 national height datum. All channels of the islands are one network that the sluices hold near
:data:`TARGET_M`: they let water out at low tide, are shut at high tide, and rain runs off into it over hours.
"""

from math import exp, hypot, tanh
from typing import Final

from simulators.environment.conditions import Sluice
from simulators.environment.moment import HOUR_MS, Moment
from simulators.environment.rain import rain_left
from simulators.environment.tide import mean_water, tide
from simulators.environment.weather import weather

TARGET_M: Final = 0.90
MAX_OPENING_M: Final = 3.0
GATE_M_H: Final = 18.0
"""How fast a gate is driven: 0.3 m in a minute."""
REACH_KM: Final = 4.0
"""Standard deviation of how far a sluice is felt in the channels."""
_RESPONSE_H: Final = 2.5
_SHARE: Final = 0.55
_DIFFERENCE_M: Final = 0.7
"""An open sluice moves the channels by at most a share of this towards the river: by less than 0.4 m."""
_RUNOFF_M: Final = 0.55
"""No rain lifts the channels by more: then the pumps keep up with it."""


def water_level(moment: Moment) -> float:
    """m: of the estuary or of the channel, whichever is at the place."""
    return river_level(moment) if moment.river() else channel_level(moment)


def river_level(moment: Moment) -> float:
    """m, of the estuary at the place."""
    air = weather(moment)
    said = moment.conditions.influence(moment.site.longitude, moment.site.latitude, moment.time_ms)
    # the sea rises a centimetre for a hectopascal, and what an event adds of that is in its surge already
    lifted = 0.01 * (1016.0 - air.pressure + said.pressure_hpa) + said.surge_m
    swell = 0.03 * moment.field("seiche", 0.4, 12) + 0.004 * air.speed() * moment.wander("waves", 0.02)
    return mean_water(moment) + tide(moment) + lifted + swell


def channel_level(moment: Moment) -> float:
    """m, of the inland channels at the place."""
    soaked = rain_left(moment)
    fill = 3.4e-3 * (soaked.h24 - soaked.h5)
    still = TARGET_M + 0.12 * moment.yearly(20) + 0.05 * moment.field("channels", 30, 20)
    still += _RUNOFF_M * tanh(max(0.0, fill) / _RUNOFF_M) + 0.006 * moment.wander("ripple", 0.1)
    outside = _DIFFERENCE_M * tanh((mean_water(moment) + tide(moment) - still) / (2 * _DIFFERENCE_M))
    return still + _SHARE * _openness(moment) * outside


def gate_opening(moment: Moment) -> float:
    """m: what it was told, on its way there; by itself it drains at low water and is shut at high water."""
    sluice = moment.conditions.sluices.get(moment.site.device)
    given = sluice.before(moment.time_ms) if sluice else 0
    if sluice is None or given == 0:
        return _by_itself(moment)
    told = sluice.orders[given - 1]
    before = sluice.orders[given - 2].opening_m if given > 1 else _by_itself(moment.at(told.time_ms))
    driven = GATE_M_H * (moment.time_ms - told.time_ms) / HOUR_MS
    return told.opening_m if driven >= abs(told.opening_m - before) else _towards(before, told.opening_m, driven)


def _by_itself(moment: Moment) -> float:
    """Open when the river is below the channels."""
    outside = mean_water(moment) + tide(moment)
    return min(MAX_OPENING_M, max(0.0, 1.6 * (TARGET_M - 0.7 - outside)))


def _openness(moment: Moment) -> float:
    """Of the sluices that are felt at a place, 0 shut to 1 open: under orders as ordered, the others by themselves."""
    alone = 0.25 * _by_itself(moment) / MAX_OPENING_M
    at = moment.place()
    for sluice in moment.conditions.sluices.values():
        away = hypot(at.east_km - sluice.east_km, at.north_km - sluice.north_km) / REACH_KM
        if away < 3:
            felt, opened = _ordered(sluice, moment.time_ms)
            near = felt * exp(-away * away / 2)
            alone += near * (opened - alone)
    return alone


def _ordered(sluice: Sluice, time_ms: int) -> tuple[float, float]:
    """How far the channels have come to feel that it is under orders, and the opening that they feel, both 0 to 1.

    The channels answer every step of the opening as a first-order system: a sum over the orders, without a memory.
    """
    given = sluice.before(time_ms)
    if given == 0:
        return 0.0, 0.0
    opened, before = 0.0, 0.0
    for order in sluice.orders[:given]:
        answered = 1 - exp((order.time_ms - time_ms) / (HOUR_MS * _RESPONSE_H))
        opened += (order.opening_m - before) / MAX_OPENING_M * answered
        before = order.opening_m
    felt = 1 - exp((sluice.orders[0].time_ms - time_ms) / (HOUR_MS * _RESPONSE_H))
    return felt, opened


def _towards(start: float, end: float, way: float) -> float:
    return start + way if end > start else start - way


def depth(moment: Moment) -> float:
    """Water above the gauge's bed, m."""
    return max(0.1, water_level(moment) + (5.5 if moment.river() else 1.6) + 1.5 * moment.trait("bed"))
