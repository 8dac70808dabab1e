import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edge.spool.record import OVERHEAD, RecordKey
from edge.spool.segment import MAX_MARKS, Segment
from protocols.uplink import Header
from protocols.uplink.envelope import unsigned
from protocols.vocabulary import ConfigError, ManualClock
from protocols.vocabulary.ranges import RangeSet
from tests.edge.spool.disk import abandon, drain, opened, payload_of, write

RECORD = OVERHEAD + 60


def test_the_backlog_comes_in_the_order_of_writing_over_restarts_and_files(tmp_path: Path) -> None:
    keys: list[RecordKey] = []
    for _ in range(3):
        spool = opened(tmp_path, segment_bytes=3 * RECORD)
        keys += write(spool, 4) + write(spool, 1)
        spool.__exit__()
    spool = opened(tmp_path, segment_bytes=3 * RECORD)
    assert drain(spool) == keys
    assert len({key.epoch for key in keys} | {spool.epoch}) == 4
    assert [key.epoch for key in keys] == sorted(key.epoch for key in keys)
    assert drain(spool) == []
    spool.__exit__()


def test_the_cursor_follows_what_is_appended(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=3 * RECORD)
    for count in (1, 2, 3, 1, 7, 1, 1):
        keys = write(spool, count)
        assert drain(spool) == keys
    spool.__exit__()


def test_records_that_are_skipped_or_retired_are_passed_over(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=3 * RECORD)
    keys = write(spool, 9)
    spool.retire(1, spool.epoch, [(2, 3)])
    found = spool.next_backlog(lambda key: key.sequence < 2)
    assert found is not None
    assert found.key == keys[4]
    spool.retire(1, spool.epoch, [(5, 6)])
    assert drain(spool) == keys[7:]
    spool.__exit__()


def test_a_record_that_has_to_wait_holds_up_what_is_behind_it(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    keys = write(spool, 3)
    first = spool.next_backlog(lambda _: False, lambda key: key.sequence >= 1)
    assert first is not None
    assert first.key == keys[0]
    assert spool.next_backlog(lambda _: False, lambda key: key.sequence >= 1) is None
    assert drain(spool) == keys[1:]
    spool.__exit__()


def test_a_file_goes_when_the_last_of_its_records_is_retired_and_not_before(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=3 * RECORD)
    for _ in range(4):
        write(spool, 3)
    assert spool.segments == 4
    spool.retire(1, spool.epoch, [(0, 1)])
    assert spool.segments == 4
    spool.retire(1, spool.epoch, [(3, 8)])
    assert spool.segments == 2
    spool.retire(1, spool.epoch, [(2, 2)])
    assert spool.segments == 1
    assert [key.sequence for key in drain(spool)] == [9, 10, 11]
    spool.__exit__()


def test_files_of_an_earlier_run_are_not_removed_unread(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=3 * RECORD)
    keys = [key for _ in range(4) for key in write(spool, 3)]
    spool.__exit__()
    spool = opened(tmp_path, segment_bytes=3 * RECORD)
    spool.retire(1, keys[0].epoch, [(0, 3)])
    spool.retire(1, spool.epoch, [(0, 100)])  # what this run has not even written
    assert drain(spool) == keys[4:]
    spool.retire(1, keys[0].epoch, [(0, 11)])
    assert spool.segments == 0
    assert spool.size == 0
    spool.__exit__()


def test_acknowledgements_of_unknown_epochs_and_streams_do_no_harm(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    keys = write(spool, 2)
    for stream, epoch in ((1, 0), (1, 2**63 - 1), (2, spool.epoch), (7, 5), (1, spool.epoch + 1)):
        spool.retire(stream, epoch, [(0, 2**32 - 1)])
    spool.save()
    assert drain(spool) == keys
    spool.__exit__()
    spool = opened(tmp_path)
    assert drain(spool) == keys
    assert spool.epoch < 2**63
    assert spool.epoch != keys[0].epoch
    spool.__exit__()


def test_retired_records_stay_retired_over_a_restart(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    keys = write(spool, 5)
    spool.retire(1, spool.epoch, [(0, 2), (4, 4)])
    spool.__exit__()
    spool = opened(tmp_path)
    assert drain(spool) == [keys[3]]
    assert spool.counts.retired == 0
    spool.__exit__()


def test_the_retired_file_forgets_epochs_whose_records_are_gone(tmp_path: Path) -> None:
    for _ in range(20):
        spool = opened(tmp_path)
        write(spool, 1)
        spool.retire(1, spool.epoch, [(0, 0)])
        drain(spool)
        spool.__exit__()
    assert (tmp_path / "retired").stat().st_size < 300


def test_no_epoch_comes_twice_with_a_clock_that_starts_in_1970(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.spool.spool.secrets.randbits", lambda _: 1)
    epochs = []
    for kill in range(20):
        spool = opened(tmp_path, ManualClock(1000))
        epochs.append(spool.epoch)
        if kill % 3:
            write(spool, 1)
            spool.retire(1, spool.epoch, [(0, 0)])
        abandon(spool)
    assert epochs == sorted(set(epochs))
    spool = opened(tmp_path, ManualClock(1_800_000_000_000))
    assert spool.epoch == 1_800_000_000_000 << 16 | 1
    spool.__exit__()
    back = opened(tmp_path, ManualClock(1000))  # the clock went back: the epoch does not
    assert back.epoch > spool.epoch
    back.__exit__()


def test_when_it_is_full_the_oldest_goes_and_is_counted(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=3 * RECORD, max_bytes=12 * RECORD)
    keys = [key for _ in range(10) for key in write(spool, 3)]
    assert spool.size <= 12 * RECORD
    assert drain(spool) == keys[-12:]
    assert (spool.counts.dropped_segments, spool.counts.dropped_records) == (6, 18)
    spool.retire(1, spool.epoch, [(18, 20)])
    write(spool, 3)
    assert spool.counts.dropped_segments == 6  # what is retired makes room first
    spool.__exit__()


def test_events_outlive_the_readings_that_make_room(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=3 * RECORD, max_bytes=24 * RECORD)
    events = []
    for _ in range(40):
        write(spool, 2)
        if len(events) < 3:
            events += write(spool, 1, stream=2)
    assert spool.size <= 24 * RECORD
    found = drain(spool)
    assert sorted(key for key in found if key.stream == 2) == events
    assert (spool.counts.dropped_events, spool.counts.dropped_records) == (0, 80 - len(found) + 3)
    spool.__exit__()
    spool = opened(tmp_path, segment_bytes=3 * RECORD, max_bytes=24 * RECORD)
    assert sorted(key for key in drain(spool) if key.stream == 2) == events
    spool.__exit__()


def test_a_flood_of_events_has_its_bound(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=3 * RECORD, max_bytes=24 * RECORD)
    keys = [key for _ in range(100) for key in write(spool, 1, stream=2)]
    assert spool.size <= 24 * RECORD
    found = drain(spool)
    assert set(found) >= set(keys[-12:])
    assert spool.counts.dropped_events == 100 - len(found) > 0
    spool.__exit__()


def test_events_that_the_cloud_holds_are_not_carried_over(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=3 * RECORD, max_bytes=12 * RECORD)
    events = write(spool, 2, stream=2)
    spool.retire(2, spool.epoch, [(0, 0)])
    for _ in range(20):
        write(spool, 2)
    assert [key for key in drain(spool) if key.stream == 2] == events[1:]
    spool.__exit__()


def test_a_small_bound_has_smaller_files(tmp_path: Path) -> None:
    spool = opened(tmp_path, max_bytes=40 * RECORD)
    for _ in range(100):
        write(spool, 1)
    assert 20 * RECORD <= spool.size <= 40 * RECORD
    spool.__exit__()


def test_what_is_dropped_of_an_earlier_run_is_counted_without_the_retired(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=3 * RECORD)
    for _ in range(3):
        write(spool, 3)
    spool.retire(1, spool.epoch, [(0, 0)])
    spool.__exit__()
    spool = opened(tmp_path, segment_bytes=3 * RECORD, max_bytes=12 * RECORD)
    for _ in range(2):
        write(spool, 3)
    assert (spool.counts.dropped_segments, spool.counts.dropped_records) == (1, 2)
    spool.__exit__()


def test_how_long_the_oldest_has_waited(tmp_path: Path) -> None:
    clock = ManualClock()
    spool = opened(tmp_path, clock)
    assert spool.waiting_s() is None
    for _ in range(500):  # one file for the whole outage, as on a gateway that writes little
        write(spool, 1)
        clock.advance(60)
    assert spool.waiting_s() == 500 * 60
    spool.retire(1, spool.epoch, [(0, 249)])
    waited_s = spool.waiting_s()
    assert waited_s is not None
    assert 250 * 60 <= waited_s <= 260 * 60  # half an hour ago one in twenty is known, now every one
    spool.retire(1, spool.epoch, [(0, 498)])
    assert spool.waiting_s() == 60
    clock.step_wall(86_400)
    assert spool.waiting_s() == 60
    spool.retire(1, spool.epoch, [(0, 499)])
    assert spool.waiting_s() is None
    spool.__exit__()


def test_the_marks_of_a_year_fit_a_few_kilobytes(tmp_path: Path) -> None:
    segment = Segment(1, tmp_path)
    for number in range(20_000):
        segment.note(RecordKey(1, 7, number), number * 30.0)
    (marks,) = segment.marks.values()
    assert len(marks) <= MAX_MARKS
    assert marks[0] == (0, 0.0)
    for wanted in (1, 1000, 19_000, 19_990, 19_999):
        at_s = segment.oldest_s({(1, 7): RangeSet([(0, wanted - 1)])})
        assert at_s is not None
        assert at_s <= wanted * 30.0
    assert segment.oldest_s({(1, 7): RangeSet([(0, 19_998)])}) == 19_999 * 30.0


@pytest.mark.parametrize("files", [1, 3])
def test_what_an_earlier_run_left_is_as_old_as_it_is(tmp_path: Path, files: int) -> None:
    clock = ManualClock(time.time_ns() // 1_000_000 - 7_200_000)
    spool = opened(tmp_path, clock, segment_bytes=1 if files > 1 else 4 << 20)
    for _ in range(files):
        key = spool.allocate(1)
        header = Header("gw-1", key.epoch, key.sequence, 1, clock.now_ms(), 0)
        spool.commit([(key, unsigned(header, b"readings"))])
    abandon(spool)
    clock.advance(7200)
    spool = opened(tmp_path, clock)
    waited_s = spool.waiting_s()
    assert waited_s is not None
    if files == 1:  # the newest file was read for its torn tail: its records tell
        assert waited_s == 7200
    else:  # the others were not: their last write tells, which in this test is now
        assert 0 <= waited_s < 600
    spool.__exit__()


def test_a_second_agent_is_refused_and_the_first_unharmed(tmp_path: Path) -> None:
    first = opened(tmp_path)
    keys = write(first, 2)
    with pytest.raises(ConfigError, match="another agent is using it"):
        opened(tmp_path)
    code = (
        "import sys, pathlib\nfrom edge.spool.spool import Spool\nfrom protocols.vocabulary import ConfigError, "
        "SystemClock\n"
        "try:\n    Spool(pathlib.Path(sys.argv[1]), SystemClock()).__enter__()\n"
        "except ConfigError as error:\n    print(error)\n    sys.exit(2)\n"
    )
    second = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (second.returncode, second.stdout) == (2, f"spool {tmp_path}: another agent is using it\n")
    assert drain(first) == keys
    keys += write(first, 1)
    first.__exit__()
    again = opened(tmp_path)
    assert drain(again) == keys
    again.__exit__()


def test_a_directory_that_cannot_be_used_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file"):
        opened(tmp_path / "file")


def test_the_loop_may_ask_and_retire_while_a_thread_commits(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=RECORD)  # every commit changes the list of files
    stop = threading.Event()
    errors: list[BaseException] = []
    held = [key for _ in range(300) for key in write(spool, 1)]

    def commit() -> None:
        try:
            while not stop.is_set():
                held.extend(write(spool, 1))
        except BaseException as error:  # noqa: BLE001 - the test tells
            errors.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=commit)
    thread.start()
    seen: list[RecordKey] = []
    try:
        until = time.monotonic() + 1.5
        while time.monotonic() < until and not errors:
            for _ in range(50):
                assert spool.size >= 0
            spool.waiting_s()
            while (found := spool.next_backlog(lambda _: False)) is not None:
                assert found.payload == payload_of(found.key)
                seen.append(found.key)
                if found.key.sequence % 3 == 0 and seen[2:]:
                    spool.retire(1, spool.epoch, [(key.sequence, key.sequence) for key in seen[-3:]])
            spool.save()
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(interval)
    assert errors == []
    seen += drain(spool)
    assert seen == held
    assert len(held) > 350
    spool.__exit__()


MEMORY = """
import resource, sys, pathlib
from edge.spool.spool import Spool
from protocols.vocabulary import SystemClock
spool = Spool(pathlib.Path(sys.argv[1]), SystemClock()).__enter__()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = 0
while (found := spool.next_backlog(lambda _: False)) is not None:
    count += 1
    if count % 100 == 0:
        spool.retire(found.key.stream, found.key.epoch, [(0, found.key.sequence)])
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_backlog_of_200_mb_takes_little_memory(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    payload = bytes(range(256)) * 400
    for _ in range(20):
        spool.commit([(spool.allocate(1), payload) for _ in range(100)])
    assert spool.size > 200e6
    spool.__exit__()
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    count, grown_kb = map(int, done.stdout.split())
    assert count == 2000
    assert grown_kb < 60_000
    assert list(tmp_path.glob("*.seg")) == []
