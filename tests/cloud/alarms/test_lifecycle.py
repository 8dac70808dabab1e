import pytest

from cloud.alarms.lifecycle import Event, State, after, is_active


@pytest.mark.parametrize("state", State)
def test_each_event_leads_where_it_should_from_every_state(state: State) -> None:
    raised, cleared, acknowledged = (after(state, event) for event in Event)
    assert (raised is not None) == (not is_active(state))
    assert raised in {None, State.ACTIVE_UNACKED}
    assert (cleared is not None) == is_active(state)
    assert cleared is None or not is_active(cleared)
    assert (acknowledged is not None) == state.endswith("unacked")
    assert acknowledged is None or is_active(acknowledged) == is_active(state)


def test_seen_or_not_is_kept_when_it_clears() -> None:
    assert after(State.ACTIVE_UNACKED, Event.CLEARED) is State.CLEARED_UNACKED
    assert after(State.ACTIVE_ACKED, Event.CLEARED) is State.NORMAL
