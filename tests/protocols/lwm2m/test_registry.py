from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from protocols.lwm2m import (
    AWAKE_S,
    Answer,
    Command,
    Deliver,
    Deregistering,
    Gone,
    Heard,
    Registering,
    Registration,
    Registry,
    Standing,
    Undelivered,
    Update,
    Updating,
    Uplink,
)

CREATED, CHANGED, DELETED = Answer("2.01", ("rd", "0")), Answer("2.04"), Answer("2.02")


def plain(endpoint="a", lifetime_s=100):
    return Registration(endpoint, lifetime_s)


def sleepy(endpoint="a", lifetime_s=10_000):
    return Registration(endpoint, lifetime_s, "1.1", queue_mode=True)


def command(key="k", endpoint="a", expires_s=5_000.0):
    return Command(key, endpoint, expires_s)


@pytest.fixture
def book():
    return Registry()


def register(book, registration, address="x", now_s=0.0):
    return book.receive(Heard(Registering(registration), address), now_s)


def test_a_registration_lives_as_long_as_it_said(book):
    assert register(book, plain()) == [CREATED]
    assert (len(book), list(book), book.registration("a"), book.address("a")) == (1, [plain()], plain(), "x")
    assert book.due_s == 100
    assert book.wake(99.9) == []
    assert book.wake(100) == [Gone(plain(), "expired")]
    assert (len(book), book.registration("a"), book.address("a"), book.due_s) == (0, None, None, None)


def test_an_update_renews_and_changes(book):
    register(book, plain())
    assert book.receive(Heard(Updating("0", Update()), "y"), 60) == [CHANGED]
    assert (book.due_s, book.address("a")) == (160, "y")
    assert book.receive(Heard(Updating("0", Update(lifetime_s=10)), "y"), 70) == [CHANGED]
    assert book.due_s == 80
    assert book.registration("a").lifetime_s == 10


def test_an_update_of_an_unknown_location_is_4_04(book):
    register(book, plain())
    for location in ("1", "", "rd/0"):
        (said,) = book.receive(Heard(Updating(location, Update()), "x"), 1)
        assert said.code == "4.04"


def test_an_update_that_comes_too_late_is_4_04_and_the_end_is_said_first(book):
    register(book, plain())
    gone, answer = book.receive(Heard(Updating("0", Update()), "x"), 100)
    assert (gone, answer.code) == (Gone(plain(), "expired"), "4.04")


def test_other_uplinks_do_not_renew(book):
    register(book, plain())
    assert book.receive(Heard(Uplink("a"), "y"), 50) == []
    assert (book.due_s, book.address("a")) == (100, "y")
    assert book.receive(Heard(Uplink("nobody"), "y"), 50) == []


def test_deregistering_ends_it(book):
    register(book, plain())
    assert book.receive(Heard(Deregistering("0"), "x"), 1) == [DELETED, Gone(plain(), "deregistered")]
    (said,) = book.receive(Heard(Deregistering("0"), "x"), 1)
    assert said.code == "4.04"


def test_registering_again_replaces_and_the_old_location_is_unknown(book):
    register(book, plain())
    again = plain(lifetime_s=50)
    assert register(book, again, "y", 10) == [Answer("2.01", ("rd", "1")), Gone(plain(), "replaced")]
    assert (len(book), book.due_s, book.address("a")) == (1, 60, "y")
    assert book.receive(Heard(Updating("0", Update()), "x"), 11)[0].code == "4.04"
    assert book.receive(Heard(Updating("1", Update()), "x"), 11) == [CHANGED]


def test_lifetime_zero_never_ends(book):
    register(book, plain(lifetime_s=0))
    assert book.due_s is None
    assert book.wake(1e12) == []
    assert len(book) == 1


def test_locations_are_the_callers_and_may_have_segments():
    names = (f"n/{number}" for number in count(7))
    book = Registry(location=lambda: next(names))
    assert register(book, plain()) == [Answer("2.01", ("rd", "n", "7"))]
    assert book.receive(Heard(Updating("n/7", Update()), "x"), 1) == [CHANGED]


def test_there_is_a_bound():
    book = Registry(limit=2)
    register(book, plain("a"))
    register(book, plain("b"))
    (said,) = register(book, plain("c"))
    assert said.code == "5.03"
    assert register(book, plain("a"))[0].code == "2.01"
    book.receive(Heard(Deregistering("1"), "x"), 1)
    assert register(book, plain("c"))[0].code == "2.01"


def test_a_command_for_a_client_that_listens_goes_at_once(book):
    register(book, plain())
    assert book.submit(command(), 50) == [Deliver(command(), "x")]


def test_one_command_at_a_time(book):
    register(book, plain())
    assert book.submit(command("1"), 1) == [Deliver(command("1"), "x")]
    assert book.submit(command("2"), 1) == []
    assert book.submit(command("3"), 1) == []
    assert book.settled("a", 2, answered=True) == [Deliver(command("2"), "x")]
    assert book.settled("a", 3, answered=False) == [Deliver(command("3"), "x")]  # it does not sleep: the line was bad
    assert book.settled("a", 4, answered=True) == []
    assert book.settled("nobody", 4, answered=True) == []


def test_a_client_in_queue_mode_is_awake_for_93_s_after_it_was_heard(book):
    register(book, sleepy())
    assert book.is_awake("a", AWAKE_S - 0.1)
    assert not book.is_awake("a", AWAKE_S)
    assert not book.is_awake("nobody", 0)
    assert book.submit(command("early"), 92) == [Deliver(command("early"), "x")]
    book.settled("a", 92.5, answered=True)
    assert book.is_awake("a", 185.4)
    assert book.submit(command("late"), 185.5) == []
    assert book.receive(Heard(Uplink("a"), "other port"), 1_000) == [Deliver(command("late"), "other port")]


@pytest.mark.parametrize("uplink", [Uplink("a"), Updating("0", Update())])
def test_what_waits_goes_to_the_address_of_the_newest_packet(book, uplink):
    register(book, sleepy())
    assert book.submit(command(), 500) == []
    assert Deliver(command(), "new") in book.receive(Heard(uplink, "new"), 600)


def test_a_client_that_did_not_answer_is_asleep(book):
    register(book, sleepy())
    book.submit(command("1"), 1)
    book.submit(command("2"), 1)
    assert book.settled("a", 40, answered=False) == []
    assert not book.is_awake("a", 41)
    assert book.receive(Heard(Uplink("a"), "x"), 50) == [Deliver(command("2"), "x")]


def test_an_expired_command_is_given_back_and_never_sent(book):
    register(book, sleepy())
    assert book.submit(command(expires_s=200), 100) == []
    assert book.due_s == 200
    assert book.wake(199) == []
    assert book.wake(200) == [Undelivered(command(expires_s=200), "expired")]
    assert book.receive(Heard(Uplink("a"), "x"), 300) == []
    assert book.submit(command(expires_s=300), 300) == [Undelivered(command(expires_s=300), "expired")]


def test_expiry_is_said_even_if_nobody_woke_the_book(book):
    register(book, sleepy())
    book.submit(command("old", expires_s=200), 100)
    book.submit(command("new", expires_s=900), 100)
    said = book.receive(Heard(Uplink("a"), "x"), 500)
    assert said == [Undelivered(command("old", expires_s=200), "expired"), Deliver(command("new", expires_s=900), "x")]


def test_the_queue_has_a_bound():
    book = Registry(queue_limit=2)
    register(book, sleepy())
    for key in "12":
        assert book.submit(command(key), 500) == []
    assert book.submit(command("3"), 500) == [Undelivered(command("3"), "full")]


def test_commands_of_a_client_that_is_gone_are_given_back(book):
    register(book, sleepy())
    book.submit(command("1"), 500)
    said = book.receive(Heard(Deregistering("0"), "x"), 501)
    assert said == [DELETED, Gone(sleepy(), "deregistered"), Undelivered(command("1"), "gone")]
    assert book.submit(command("2"), 502) == [Undelivered(command("2"), "gone")]
    assert book.due_s is None


def test_commands_wait_on_over_a_new_registration(book):
    register(book, sleepy())
    book.submit(command("1"), 500)
    said = register(book, sleepy(), "y", 600)
    assert said == [Answer("2.01", ("rd", "1")), Gone(sleepy(), "replaced"), Deliver(command("1"), "y")]


def test_a_command_that_nobody_wants_any_more_is_not_sent(book):
    register(book, sleepy())
    book.settled("a", 1, answered=False)
    book.submit(command("b"), 2)
    assert book.standing("a").waiting == 1
    assert book.withdraw(command("b"))
    assert not book.withdraw(command("b"))
    assert not book.withdraw(command(endpoint="nobody"))
    assert book.receive(Heard(Uplink("a"), "y"), 3) == []


def test_what_was_delivered_cannot_be_withdrawn(book):
    register(book, plain())
    book.submit(command(), 1)
    assert not book.withdraw(command())


@pytest.mark.parametrize("registration", [plain(), sleepy()])
def test_a_restored_registration_goes_on_as_it_was(book, registration):
    book.restore(registration, Standing("here", "x", renewed_s=-60.0, heard_s=-30.0))
    assert book.registration("a") == registration
    assert book.standing("a") == Standing("here", "x", -60.0, -30.0)
    assert book.due_s == registration.lifetime_s - 60
    assert book.is_awake("a", 0) is not registration.queue_mode
    assert book.receive(Heard(Updating("here", Update()), "y"), 10) == [CHANGED]
    assert (book.address("a"), book.is_awake("a", 11)) == ("y", True)


def test_a_restored_registration_may_have_ended_meanwhile(book):
    book.restore(plain(), Standing("here", "x", -100.0, -100.0))
    assert book.wake(0) == [Gone(plain(), "expired")]


def test_restoring_never_takes_what_is_there_and_keeps_the_bound():
    book = Registry(limit=2)
    register(book, plain("a"))
    for endpoint, location in (("a", "1"), ("b", "0"), ("c", "2"), ("d", "3")):
        book.restore(plain(endpoint), Standing(location, "y", 0.0, 0.0))
    assert [one.endpoint for one in book] == ["a", "c"]
    assert book.address("a") == "x"
    assert book.standing("b") is None


def test_many_updates_leave_nothing_behind(book, benchmark_s):
    register(book, plain(lifetime_s=1_000_000))
    with benchmark_s(2.0):
        for now_s in range(20_000):
            book.receive(Heard(Updating("0", Update()), "x"), now_s)
    assert len(book._alarms) < 200
    assert book.due_s == 19_999 + 1_000_000


class Book(RuleBasedStateMachine):
    """Against a model that looks at everything each time."""

    def __init__(self):
        super().__init__()
        self.book = Registry(limit=3, queue_limit=2)
        self.now_s = 0.0
        self.known = {}
        self.open = {}
        self.closed = []
        self.keys = count()

    endpoints = st.sampled_from("abcd")
    locations = Bundle("locations")

    def hear(self, said):
        for one in said:
            match one:
                case Gone(registration):
                    self.known.pop(registration.endpoint, None)
                case Deliver(sent, address):
                    assert address == self.book.address(sent.endpoint)
                    assert self.now_s < sent.expires_s
                    self.closed.append(self.open.pop(sent.key))
                case Undelivered(kept, why):
                    assert why != "expired" or kept.expires_s <= self.now_s
                    self.closed.append(self.open.pop(kept.key))
        return said

    @rule(target=locations, endpoint=endpoints, lifetime_s=st.integers(0, 300), queue=st.booleans())
    def register(self, endpoint, lifetime_s, queue):
        registration = Registration(endpoint, lifetime_s, "1.1", queue_mode=queue)
        said = self.hear(self.book.receive(Heard(Registering(registration), self.now_s), self.now_s))
        (answer,) = [one for one in said if isinstance(one, Answer)]
        if answer.code == "5.03":
            assert len(self.book) == 3
            return ""
        self.known[endpoint] = (registration, self.now_s)
        return "/".join(answer.location[1:])

    @rule(location=locations)
    def update(self, location):
        said = self.hear(self.book.receive(Heard(Updating(location, Update()), self.now_s), self.now_s))
        if Answer("2.04") in said:
            endpoint = self.book._endpoints[location]
            self.known[endpoint] = (self.known[endpoint][0], self.now_s)

    @rule(location=locations)
    def deregister(self, location):
        self.hear(self.book.receive(Heard(Deregistering(location), self.now_s), self.now_s))

    @rule(endpoint=endpoints)
    def uplink(self, endpoint):
        self.hear(self.book.receive(Heard(Uplink(endpoint), self.now_s), self.now_s))

    @rule(endpoint=endpoints, in_s=st.integers(-1, 300))
    def submit(self, endpoint, in_s):
        sent = Command(str(next(self.keys)), endpoint, self.now_s + in_s)
        self.open[sent.key] = sent
        self.hear(self.book.submit(sent, self.now_s))

    @rule(endpoint=endpoints, answered=st.booleans())
    def settled(self, endpoint, answered):
        self.hear(self.book.settled(endpoint, self.now_s, answered=answered))

    @rule(step_s=st.integers(1, 120))
    def time_passes(self, step_s):
        self.now_s += step_s
        self.hear(self.book.wake(self.now_s))

    @rule()
    def sleep_until_due(self):
        due_s = self.book.due_s
        if due_s is not None:
            assert due_s > self.now_s or self.hear(self.book.wake(self.now_s))
            self.now_s = max(self.now_s, due_s)
            assert self.hear(self.book.wake(self.now_s)), "it was due for something"

    @invariant()
    def the_model_agrees(self):
        assert len(self.book) <= 3
        assert {registration.endpoint for registration in self.book} == set(self.known)
        for registration, since_s in self.known.values():
            assert registration.lifetime_s == 0 or self.now_s < since_s + registration.lifetime_s
        assert len({one.key for one in self.closed}) == len(self.closed), "a command ended twice"


TestBook = Book.TestCase
TestBook.settings = settings(stateful_step_count=30, max_examples=60)
