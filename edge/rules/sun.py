"""When the sun rises and sets, by astral (https://github.com/sffjunkie/astral, Apache-2.0)."""

from datetime import date, timedelta, timezone

from astral import Observer
from astral.sun import sunrise, sunset

from edge.rules.lights import SunTimes


class Sun:
    """Over one place.

    :param latitude: degrees north, -60 to 60, where the sun rises and sets every day. :param longitude: degrees east.
    """

    def __init__(self, latitude: float, longitude: float, zone: timezone) -> None:
        self._observer = Observer(latitude, longitude, 0.0)
        self._zone = zone

    def __call__(self, day: date) -> SunTimes:
        """The times of a local date: upper limb at the horizon, refraction as usual."""
        rise = sunrise(self._observer, day, tzinfo=self._zone)
        sets = sunset(self._observer, day, tzinfo=self._zone)
        return SunTimes(rise, sets if sets > rise else sets + timedelta(days=1))
