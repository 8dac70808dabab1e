import random

import pytest

from cloud.alarms.schedule import DELAYS_S, JITTER, Schedule, retry_after_s

NOW = 1_800_000_000_000


def test_ten_attempts_over_three_days_with_jitter() -> None:
    schedule = Schedule(random_source=random.Random(1))
    waits = [schedule.next_s(attempts) for attempts in range(1, 11)]
    assert waits[-1] is None
    for wait, nominal in zip(waits[:-1], DELAYS_S[1:], strict=True):
        assert wait is not None
        assert nominal <= wait <= nominal * (1 + JITTER)
    assert len(set(waits)) == 10
    assert 3 * 86_400 < sum(DELAYS_S) < 3.5 * 86_400


def test_receiver_can_ask_for_more_but_not_for_less_or_for_ever() -> None:
    schedule = Schedule((0, 5, 300))
    assert schedule.next_s(1, 120) == 120
    assert 300 <= (schedule.next_s(2, 10) or 0) <= 330
    assert schedule.next_s(1, 1e9) == 86_400
    assert schedule.next_s(3, 10) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Fri, 15 Jan 2027 08:01:00 GMT", 60),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        (None, None),
        ("9" * 400, 999_999_999),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert retry_after_s(text, NOW) == seconds
