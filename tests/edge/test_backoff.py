from random import Random

from edge.backoff import NETWORK_CAP_S, REFUSED_FLOOR_S, UNREACHED_CAP_S, Backoff


class Highest(Random):
    """Draws the upper end."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def test_delays_double_up_to_the_cap_and_begin_anew_after_success() -> None:
    backoff = Backoff(random_source=Highest())
    assert [backoff.next_s() for _ in range(11)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, NETWORK_CAP_S, NETWORK_CAP_S]
    for _ in range(5000):
        assert backoff.next_s() == NETWORK_CAP_S
    backoff.succeeded()
    assert backoff.next_s() == 1


def test_whoever_reached_nobody_waits_a_minute_at_most() -> None:
    backoff = Backoff(random_source=Highest())
    assert [backoff.next_s(unreached=True) for _ in range(8)] == [1, 2, 4, 8, 16, 32, UNREACHED_CAP_S, UNREACHED_CAP_S]
    assert backoff.next_s() == 256, "a broker that was reached and did not take us is spared as ever"
    short = Backoff(cap_s=5, random_source=Highest())
    assert max(short.next_s(unreached=True) for _ in range(10)) == 5


def test_the_jitter_is_full() -> None:
    backoff = Backoff(random_source=Random(4))
    for _ in range(20):
        backoff.next_s()
    drawn = [backoff.next_s() for _ in range(2000)]
    assert min(drawn) < 5
    assert max(drawn) > NETWORK_CAP_S - 5
    assert abs(sum(drawn) / len(drawn) - NETWORK_CAP_S / 2) < 10


def test_refused_credentials_wait_longer() -> None:
    backoff = Backoff(random_source=Random(4))
    assert all(backoff.next_s(refused=True) >= REFUSED_FLOOR_S for _ in range(100))
