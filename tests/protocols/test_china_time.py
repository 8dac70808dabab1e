from datetime import UTC, datetime

import pytest

from protocols.china_time import local, moment, utc_ms


def test_local_time_is_utc_plus_8():
    when = moment("202107230923")
    assert utc_ms(when) == int(datetime(2021, 7, 23, 1, 23, tzinfo=UTC).timestamp() * 1000)
    assert local(utc_ms(when)) == when
    assert moment("20210723092359").second == 59


@pytest.mark.parametrize(
    "digits", ["000000000000", "202113010000", "202102290000", "202107232400", "2021", "20210723092360"]
)
def test_what_the_calendar_does_not_have_is_none(digits):
    assert moment(digits) is None
