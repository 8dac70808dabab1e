import csv
import gzip
from datetime import UTC, datetime, timedelta, timezone

import pytest

from simulators.measurements import Between, Replay, Series, air, water_level
from simulators.measurements.series import AIR, FOLDER, WATER_LEVEL

CHINA = timezone(timedelta(hours=8))


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def rows(name: str) -> list[dict[str, str]]:
    with gzip.open(FOLDER / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("station", ["dongsi", "huairou"])
@pytest.mark.parametrize("column", ["pm2_5_ug_m3", "co_ug_m3", "temperature_cel", "pressure_hpa"])
def test_air_equals_the_csv_at_every_one_of_its_points(station, column):
    replay = Replay(air(station, column))
    cells = rows(AIR[station])
    assert len(cells) == 8784
    for row in cells:
        expected = None if row[column] == "NA" else float(row[column])
        assert replay.at(ms(datetime.fromisoformat(row["time"]))) == expected


def test_water_level_equals_the_csv_at_every_one_of_its_points():
    replay = Replay(water_level())
    for row in rows(WATER_LEVEL):
        at = ms(datetime.fromisoformat(row["time"]))
        assert replay.at(at) == float(row["sea_surface_height_above_sea_level"])


def test_the_year_is_shifted_and_february_29_passed_over():
    replay = Replay(air("dongsi", "temperature_cel"))

    def at(*when: int) -> float | None:
        return replay.at(ms(datetime(*when, tzinfo=CHINA)))

    assert at(2026, 11, 23, 8) == at(2016, 11, 23, 8) is not None
    assert at(2026, 3, 1, 0) == at(2016, 3, 1, 0) is not None
    assert at(2026, 2, 28, 23) == at(2016, 2, 28, 23) is not None
    assert at(2028, 2, 29, 5) == at(2016, 2, 29, 5) is not None
    assert at(2026, 12, 31, 23) == at(2016, 12, 31, 23) == -4


def test_a_fast_island_reaches_any_year():
    replay = Replay(air("dongsi", "temperature_cel"))
    leap_cycle_ms = 146_097 * 86_400_000
    at = ms(datetime(2026, 7, 1, tzinfo=UTC))
    assert replay.at(at + 40 * leap_cycle_ms) == replay.at(at) is not None


def test_compass_sectors_are_degrees():
    series = air("dongsi", "wind_direction")
    assert series.value[:3].tolist() == [22.5, 45.0, 67.5]


HOURLY = Series.of(
    [
        ("2020-01-05T00:00:00Z", "10"),
        ("2020-01-05T01:00:00Z", "20"),
        ("2020-01-05T02:00:00Z", "NA"),
        ("2020-01-05T03:00:00Z", "40"),
        ("2020-01-05T06:00:00Z", "70"),
    ]
)


@pytest.mark.parametrize(
    ("hours", "linear", "last"),
    [
        (0.0, 10, 10),
        (0.25, 12.5, 10),
        (1.0, 20, 20),
        (1.5, None, 20),  # the line would end at a missing cell
        (2.0, None, None),
        (2.5, None, None),  # ... and begin at one
        (3.0, 40, 40),
        (3.5, None, 40),  # a gap of three hours
        (4.5, None, None),
        (6.0, 70, 70),
        (6.5, 40, 70),  # the last point runs on to the first
        (7.0, 10, 10),  # round again after its own length
        (-7.0, 10, 10),
        (7 * 9 + 0.25, 12.5, 10),
    ],
)
def test_between_points_and_around_the_end(hours, linear, last):
    at = HOURLY.time[0] + round(hours * 3_600_000)
    assert Replay(HOURLY).at(at) == linear
    assert Replay(HOURLY, Between.LAST).at(at) == last


@pytest.mark.parametrize(
    "bad",
    [
        [],
        [("2020-01-05T00:00:00", "1")],
        [("2020-01-05T00:00:00Z", "x")],
        [("2020-01-05T00:00:00Z", "1"), ("2020-01-05T00:00:00Z", "2")],
    ],
)
def test_a_series_that_is_none_is_refused(bad):
    with pytest.raises(ValueError):
        Series.of(bad)
