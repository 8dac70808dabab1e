"""An edge node and a host talk over a broker that loses, repeats, and swaps messages."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.conversation import Send
from protocols.sparkplug import DataType, Descriptor, EdgeNode, Host, Limits, Measured, StateChange, Tag, parse_topic

NODE = Descriptor("g", "e")
NAMES = ("a", "b", "c")


class World:
    """One edge node with devices, the line, and a host; what was sent and what arrived."""

    def __init__(self, aliases: bool) -> None:
        self.aliases = aliases
        self.host = Host(Limits(reorder_s=5.0, rebirth_s=10.0, rebirth_max_s=40.0))
        self.node = EdgeNode(NODE, self.tags(NAMES), aliases=aliases)
        self.will = self.node.connect(0)
        self.devices: dict[str, bool] = {}
        self.now_s = 0.0
        self.count = 0
        self.line = []
        self.sent = defaultdict(set)
        """Values by source and name, each with its time."""
        self.latest = {}
        self.states = {}

    def tags(self, names):
        return [Tag(name, DataType.Double, 0.0) for name in names]

    def now(self) -> int:
        return 1_000_000 + round(self.now_s * 1000)

    def publish(self, *messages):
        self.line += messages
        for message in messages:
            if "NDEATH" in message.topic:
                continue
            source = parse_topic(message.topic).source
            owner = self.node._owners[source.device]
            for name, tag in owner.tags.items():
                self.sent[source, name].add((tag.value, message.time))

    def measure(self, device, name):
        self.count += 1
        if not device or self.devices.get(device):
            self.publish(self.node.data({name: float(self.count)}, self.now(), device=device))

    def device(self, device, names):
        self.devices[device] = True
        self.publish(self.node.add_device(device, self.tags(names), self.now()))

    def number_anew(self, names):
        """A restart: the same aliases, and other metrics behind them."""
        self.node._next_alias = 1
        for owner in self.node._owners.values():
            owner.tags = {name: owner.tags[name] for name in names}
            owner.aliases = {}
            for name in names if self.aliases else ():
                owner.aliases[name] = self.node._next_alias
                self.node._next_alias += 1

    def device_death(self, device):
        if self.devices.get(device):
            self.devices[device] = False
            self.publish(self.node.device_death(device, self.now()))

    def deliver(self, places=None):
        """Hand over what is on the line, or some of it."""
        line, self.line = self.line, []
        for message in line if places is None else [line[place] for place in places if place < len(line)]:
            self.learn(self.host.receive(message._replace(time=self.now()), self.now_s))

    def learn(self, said):
        for one in said:
            if isinstance(one, Send):
                self.publish(*self.node.receive(one.frame, self.now()))
            elif isinstance(one, StateChange):
                assert self.states.get(one.source) != one.online, "a change is a change"
                self.states[one.source] = one.online
            elif isinstance(one, Measured):
                for sample in one.samples:
                    if sample.name in NAMES:
                        assert (sample.value, sample.time) in self.sent[one.source, sample.name]
                        self.latest[one.source, sample.name] = sample.value

    def pass_time(self, seconds):
        self.now_s += seconds
        if self.host.due_s is not None and self.host.due_s <= self.now_s:
            self.learn(self.host.wake(self.now_s))


steps = st.one_of(
    st.tuples(st.just("measure"), st.sampled_from(["", "", "x", "y"]), st.sampled_from(NAMES)),
    st.tuples(st.just("device"), st.sampled_from(["x", "y"]), st.permutations(NAMES)),
    st.tuples(st.just("death"), st.sampled_from(["x", "y"])),
    st.tuples(st.just("pass"), st.sampled_from([0.01, 1.0, 6.0])),
    st.tuples(st.just("lose"), st.integers(0, 5)),
    st.tuples(st.just("repeat"), st.integers(0, 5)),
    st.tuples(st.just("swap"), st.integers(0, 5)),
    st.tuples(st.just("session"), st.permutations(NAMES)),
    st.tuples(st.just("deliver")),
)


def is_kept(message):
    """What the line neither loses nor moves: without it no host can know that aliases mean something else."""
    return "/NBIRTH/" in message.topic or "/NDEATH/" in message.topic


def disturb(line, what, place):
    """Lose, repeat, or swap with the next one."""
    if any(map(is_kept, line[place : place + 2])) or place + 1 >= len(line):
        return
    match what:
        case "lose":
            del line[place]
        case "repeat":
            line.insert(place, line[place])
        case "swap":
            line[place : place + 2] = line[place + 1], line[place]


def take(world, step):
    match step:
        case ("measure", device, name):
            world.measure(device, name)
        case ("device", device, names):
            world.device(device, names)
        case ("death", device):
            world.device_death(device)
        case ("pass", seconds):
            world.pass_time(seconds)
        case ("session", names):
            world.publish(world.will)
            world.number_anew(names)
            world.will = world.node.connect(world.now())
            world.publish(*world.node.birth(world.now()))
        case ("deliver",):
            world.deliver()
        case (what, place):
            disturb(world.line, what, place)


@settings(max_examples=150, deadline=None)
@given(st.booleans(), st.lists(steps, max_size=60))
def test_what_arrives_was_sent_and_in_the_end_all_is_known(aliases, found):
    world = World(aliases)
    world.publish(*world.node.birth(world.now()))
    for step in found:
        take(world, step)
    for _ in range(100):
        world.deliver()
        world.pass_time(1.0)
    world.measure("", "a")
    world.deliver()
    for _ in range(100):
        world.pass_time(1.0)
        world.deliver()
    assert world.host.due_s is None, "peace"
    assert world.states[NODE] is True
    for name, tag in world.node._owners[""].tags.items():
        assert world.latest[NODE, name] == tag.value
    for device, online in world.devices.items():
        source = NODE._replace(device=device)
        if online:
            assert world.states[source] is True


@settings(max_examples=60, deadline=None)
@given(st.booleans(), st.lists(st.tuples(st.sampled_from(["", "x"]), st.sampled_from(NAMES)), max_size=300), st.data())
def test_what_is_only_swapped_or_repeated_asks_for_nothing(aliases, changes, data):
    world = World(aliases)
    world.publish(*world.node.birth(0))
    world.device("x", NAMES)
    world.deliver()
    for device, name in changes:
        world.measure(device, name)
        world.pass_time(0.01)
    for place in data.draw(st.lists(st.integers(0, 300), max_size=20)):
        take(world, (data.draw(st.sampled_from(["swap", "repeat"])), place))
    world.deliver()
    assert world.host.counters["rebirth_requests"] == 0
    assert world.host.due_s is None
    for (source, name), value in world.latest.items():
        assert value == world.node._owners[source.device].tags[name].value
