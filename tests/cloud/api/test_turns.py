import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud.api.problems import Problem
from cloud.api.turns import Turns


def test_more_than_may_wait_are_sent_away_at_once() -> None:
    turns, go, inside = Turns(at_once=2, most_waiting=3, patience_s=30), threading.Event(), threading.Semaphore(0)

    def ask() -> str:
        try:
            with turns.taken():
                inside.release()
                go.wait(30)
        except Problem as problem:
            return f"away {problem.status} {problem.headers}"
        return "answered"

    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(ask) for _ in range(10)]
        for _ in range(2):
            assert inside.acquire(timeout=30)
        away = [one for one in asked if one.done()]
        while len(away) < 5:
            away = [one for one in asked if one.done()]
        go.set()
        told = sorted(one.result() for one in asked)
    assert told == ["answered"] * 5 + ["away 429 {'Retry-After': '2'}"] * 5
    assert turns.refused == 5
    with turns.taken(), turns.taken():
        pass


def test_who_has_waited_long_enough_is_sent_away() -> None:
    turns = Turns(at_once=1, most_waiting=1, patience_s=0.01)
    with turns.taken():
        for _ in range(2):
            with pytest.raises(Problem, match="too many questions"), turns.taken():
                pass
    with turns.taken():
        pass
