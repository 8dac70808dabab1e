from protocols.vocabulary import HardwareId, ManualClock
from simulators.devices.modbus_tcp import ModbusConnection, ModbusServer
from simulators.devices.modbus_unit import Unit
from simulators.devices.register_map import SOIL_PROBE
from simulators.environment import Site, World
from simulators.environment.world import ANCHOR_MS
from simulators.faults import PLAIN, Fault, Mouth, Schedule

FRAME = bytes(range(20))
ASK = bytes.fromhex("0001 0000 0006 01 03 0000 0004")


def mouth(kind, size=0.0, **options):
    return Mouth([Fault(kind, Schedule("k", ANCHOR_MS), size)], ManualClock(), **options)


def test_what_comes_out():
    assert PLAIN.spoilt(FRAME) == FRAME
    assert mouth("silence").spoilt(FRAME) is None
    assert mouth("half").spoilt(FRAME) == FRAME[:10]
    assert mouth("slow", 2.5).delay_s == 2.5
    assert mouth("gap").spoilt(FRAME) == FRAME
    assert mouth("gap", mute=True).spoilt(FRAME) is None


def test_garbled_frames_are_as_long_and_never_right():
    one = mouth("garbled", 1.0)
    found = [one.spoilt(FRAME) for _ in range(200)]
    assert all(len(frame) == 20 and frame != FRAME for frame in found)
    half = mouth("garbled", 0.5)
    assert 60 < sum(half.spoilt(FRAME) != FRAME for _ in range(200)) < 140


def test_a_fault_is_over_when_it_is_over():
    clock = ManualClock()
    one = Mouth([Fault("silence", Schedule("k", ANCHOR_MS, ANCHOR_MS + 1000))], clock)
    assert one.spoilt(FRAME) is None
    clock.advance(1)
    assert one.spoilt(FRAME) == FRAME


class Pipe:
    def __init__(self):
        self.written = []

    def write(self, data):
        self.written += [data] if data else []

    def is_closing(self):
        return False


def test_one_unit_of_many_on_a_port_is_silent():
    clock = ManualClock()
    units = {n: Unit(Site(f"soil-{n}"), HardwareId("serial", str(n)), SOIL_PROBE, World(1)) for n in (1, 2)}
    units[1].mouth = mouth("silence")
    server, pipe = ModbusServer("127.0.0.1", 0, units, clock), Pipe()
    connection = ModbusConnection(server)
    connection.connection_made(pipe)
    connection.data_received(ASK + ASK[:6] + b"\x02" + ASK[7:])
    (answer,) = pipe.written
    assert answer[6] == 2
    units[1].mouth = mouth("half")
    connection.data_received(ASK)
    assert pipe.written[1:] == [pipe.written[1]]
    assert len(pipe.written[1]) == (9 + 8) // 2
