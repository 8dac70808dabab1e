"""What small nodes know: their batteries and their radio, water, gas and heat that ran through, how full a bin is."""

from itertools import pairwise
from math import exp, pi, sin
from typing import Final

from simulators.environment.moment import DAY_MS, Moment
from simulators.environment.rain import rain_rate
from simulators.environment.wander import field
from simulators.environment.weather import weather

_YEAR_DAYS: Final = 365.2425
_EPOCH_DAYS: Final = 20_454
"""2026-01-01; counters began up to four years before."""
_CELL: Final = ((0.0, 3.0), (0.08, 3.38), (0.2, 3.55), (0.5, 3.61), (1.0, 3.66))
"""Lithium thionyl chloride: share of charge left, V under the load of a modem at 20 °C: flat, then a knee."""


def battery_level(moment: Moment) -> float:
    """%: it lasts some years; with a tenth left somebody puts a new one in."""
    days = 1100 + 1400 * moment.trait("battery")
    used = (moment.time_ms / DAY_MS / days + moment.trait("battery put in")) % 1
    return 100 - 90 * used


def battery_voltage(moment: Moment) -> float:
    """V under load; less in the cold."""
    left = battery_level(moment) / 100
    (low, volts), (high, more) = next(pair for pair in pairwise(_CELL) if left <= pair[1][0])
    cold = max(0.0, 20 - weather(moment).temperature)
    return volts + (more - volts) * (left - low) / (high - low) - 0.0045 * cold + 0.006 * moment.wander("battery", 0.5)


def signal_strength(moment: Moment) -> float:
    """RSSI, dBm: how far the mast is, how deep in the ground the node is, and heavy rain."""
    at = moment.place()
    mast = field(f"{moment.seed}//mast", 0, DAY_MS, at.east_km / 3, at.north_km / 3)
    fade = 4 * (1 - exp(-rain_rate(moment) / 15))
    return -94 + 13 * mast - 14 * moment.trait("in the ground") ** 2 - fade + 3 * moment.wander("signal", 3)


def water_volume(moment: Moment) -> float:
    """m³ that a house has drawn: in the morning, at noon and in the evening."""
    daily = 0.15 + 0.5 * moment.trait("flow")
    return 500 * moment.trait("counter") + daily * _spent(moment, ((0.4, 19.5, 1), (0.3, 7.5, 2), (0.2, 12.0, 3)))


def gas_volume(moment: Moment) -> float:
    """m³ that a house has burned."""
    daily = 0.2 + 0.6 * moment.trait("gas")
    return 400 * moment.trait("counter") + daily * _spent(moment, ((0.35, 18.5, 1), (0.35, 7.0, 2), (0.2, 12.0, 3)))


def heat_energy(moment: Moment) -> float:
    """A house's, kWh, in the cold season only: the integral of a squared cosine of the year."""
    turn = 2 * pi / _YEAR_DAYS
    day = moment.time_ms / DAY_MS
    since = day - _EPOCH_DAYS + 1400 * moment.trait("counter")
    ran = 3 / 8 * since + sin(turn * (day - 20)) / (2 * turn) + sin(2 * turn * (day - 20)) / (16 * turn)
    start = day - since - 20
    ran -= sin(turn * start) / (2 * turn) + sin(2 * turn * start) / (16 * turn)
    return (20 + 50 * moment.trait("heat")) * ran


def fill_level(moment: Moment) -> float:
    """% of a waste bin: fuller by day than by night, emptied on some mornings; at 100 it is too full."""
    every = 1 + int(3 * moment.trait("emptied"))
    hour = 5 + 3 * moment.trait("lorry")
    now = moment.day() + moment.hour() / 24
    last = (int(now - hour / 24 + 1e-9) // every) * every + hour / 24
    rate = (0.6 + 0.8 * moment.trait("busy")) * 75 / every
    grown = rate * (_shape(now) - _shape(last))
    return min(100.0, 2 + 3 * moment.trait("left over") + grown)


def _shape(days: float) -> float:
    """Days, stretched so that nine tenths of a swing is by day: the integral of 1 - 0.9 cos."""
    return days - 0.9 * sin(2 * pi * (days - 1 / 24)) / (2 * pi)


def _spent(moment: Moment, waves: tuple[tuple[float, float, int], ...]) -> float:
    """Days, stretched by waves (amplitude, peak hour, times a day) that together stay below 1."""
    hours = 2 * pi / 24
    days = moment.time_ms / DAY_MS - _EPOCH_DAYS + 1400 * moment.trait("counter")
    return days + sum(
        size / (2 * pi * times) * sin(times * hours * (moment.hour() - peak)) for size, peak, times in waves
    )
