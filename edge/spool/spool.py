"""The spool: every record is on disk before it counts as taken, and stays until the cloud's store has it."""

import errno
import fcntl
import os
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from edge.spool import format as spool_format
from edge.spool import retired as retired_file
from edge.spool.anchors import ClockAnchors
from edge.spool.carried import Carried
from edge.spool.files import FileOps
from edge.spool.kept import Kept
from edge.spool.record import Found, RecordKey, pack
from edge.spool.segment import Contents, Segment
from protocols.uplink import Stream
from protocols.uplink.envelope import sealed_ms_of
from protocols.vocabulary import Clock, ConfigError
from protocols.vocabulary.ranges import RangeSet

_KEEP_DAMAGED: Final = 4
_LAST_EPOCH: Final = (1 << 63) - 1
_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT)


@dataclass(slots=True)
class SpoolCounts:
    """What happened so far; each number only grows."""

    appended: int = 0
    bytes_written: int = 0
    synced: int = 0
    syncs: int = 0
    """Group commits: one fdatasync each."""
    retired: int = 0
    corrupt_skipped: int = 0
    torn: int = 0
    dropped_segments: int = 0
    dropped_records: int = 0
    dropped_events: int = 0
    write_errors: int = 0
    read_errors: int = 0
    state_file_lost: int = 0


class Spool:
    """Append-only segments in one directory, owned by one agent.

    :param max_bytes: when the segments grow beyond it the oldest is dropped and counted: telemetry, oldest first.
        Envelopes of events in it are written again behind the newest, up to an eighth of the bound.
    :param keep_bytes: of segments of which the cloud has everything the last stay, up to this and to an eighth of
        ``max_bytes``, for ``send_again``.
    :param segment_bytes: a segment is closed when it is longer, or longer than a quarter of ``max_bytes`` or of what is
        kept.

    ``commit`` may run in a thread beside calls from the event loop, and numbers may be asked for from any; everything
    else is called from one thread.
    """

    def __init__(  # noqa: PLR0913 - a spool is bounded in several ways
        self,
        directory: Path,
        clock: Clock,
        *,
        max_bytes: int = 1 << 30,
        keep_bytes: int = 0,
        segment_bytes: int = 4 << 20,
        files: FileOps | None = None,
    ) -> None:
        self.directory = directory
        self.max_bytes = max_bytes
        self.counts = SpoolCounts()
        self.epoch = 0
        keep_bytes = min(keep_bytes, max_bytes // 8)
        kept = max(1, keep_bytes // 4 or segment_bytes)
        self._segment_bytes = min(segment_bytes, max(1, max_bytes // 4), kept)
        self._clock = clock
        self._files = files or FileOps()
        self.began_s = clock.monotonic_s()
        """Monotonic; uptimes count from here."""
        self.anchors = ClockAnchors(directory / "anchors", clock, self._files, self.began_s)
        self._segments: deque[Segment] = deque()
        self._retired: retired_file.Retired = {}
        self._retired_dirty = False
        self.full_s: float | None = None
        """When the disk last said that it is full, monotonic; the oldest segment may have made room since."""
        self._next: dict[int, int] = dict.fromkeys(Stream, 0)
        self._carried = Carried(max_bytes // 8)
        self._kept = Kept(directory / "kept", self._files, keep_bytes)
        self._looking = False
        """``send_again`` is under way: no file may leave before it was looked at."""
        self._descriptor: int | None = None
        self._lock_descriptor: int | None = None
        self._mutex = threading.RLock()
        self._turn = threading.Lock()
        self._saving = threading.Lock()
        self._newest = 0
        self._cursor = (0, 0)
        self._loaded: deque[Found] = deque()

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._unlock()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._turn, self._mutex:
            self._close_active()
        self.save()
        self._unlock()

    def _unlock(self) -> None:
        descriptor, self._lock_descriptor = self._lock_descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _open(self) -> None:
        """Lock the directory, find the segments of earlier runs, begin a new epoch.

        :raises ConfigError: another agent owns the directory, it cannot be written, or is of another format.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock_descriptor = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"spool {self.directory}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock_descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"spool {self.directory}: another agent is using it") from error
        spool_format.claim(self._files, self.directory)
        self._retired, sound = retired_file.load(self._files, self._state_path)
        self.counts.state_file_lost += not sound
        for path in self._files.list(self.directory, ".seg"):
            if path.stem.isascii() and path.stem.isdigit():
                segment = Segment(int(path.stem), path, self._files.size(path), closed=True)
                self._segments.append(segment)
        self._kept.open()
        if self._segments:
            self._cut_tail(self._segments[-1])
        self._newest = max([self._kept.newest, *(segment.number for segment in self._segments)])
        self.epoch = self._new_epoch()
        self._retired.setdefault((Stream.READINGS, self.epoch), RangeSet())  # on disk before it is used: never again
        self._retired_dirty = True
        self.save()
        self.anchors.open(self.epoch)

    def _cut_tail(self, segment: Segment) -> None:
        contents = self._read_if_possible(segment)
        if contents is not None and contents.torn_at is not None:
            self._files.truncate(segment.path, contents.torn_at)
            segment.synced = contents.torn_at

    def _new_epoch(self) -> int:
        """Never one that was used before: by the clock, with random low bits, and above all that are known."""
        known = [epoch for _, epoch in self._retired]
        known += [epoch for segment in self._segments for _, epoch in segment.held or ()]
        candidate = (self._clock.now_ms() << 16 | secrets.randbits(16)) & _LAST_EPOCH
        return max([candidate, *(epoch + 1 for epoch in known if epoch < _LAST_EPOCH)])

    @property
    def _state_path(self) -> Path:
        return self.directory / "retired"

    @property
    def size(self) -> int:
        """Bytes on disk."""
        with self._mutex:
            return sum(segment.synced for segment in self._segments)

    @property
    def segments(self) -> int:
        """Files."""
        return len(self._segments)

    def waiting_s(self) -> float | None:
        """For how long the oldest record has waited; None when nothing waits.

        A file of an earlier run that was not read yet is as old as the last write of the one before it, or its own.
        """
        with self._mutex:
            before: Segment | None = None
            for segment in self._segments:
                if segment.wanted(self._retired):
                    at_s = segment.oldest_s(self._retired)
                    if at_s is not None:
                        return max(0.0, self._clock.monotonic_s() - at_s)
                    for written in (before, segment):
                        with suppress(FileNotFoundError):
                            if written is not None:
                                return max(0.0, self._clock.now_ms() / 1000 - written.path.stat().st_mtime)
                before = segment
        return None

    # -- writing -------------------------------------------------------------------------------------------------

    def allocate(self, stream: int) -> RecordKey:
        """The key of the next record."""
        sequence = self._next[stream]
        self._next[stream] = sequence + 1
        return RecordKey(stream, self.epoch, sequence)

    def commit(self, records: Sequence[tuple[RecordKey, bytes]]) -> None:
        """Append and wait until they are on disk; blocks, call it in a thread.

        A file whose write or sync failed is never written again: the records go to a new one. On a full disk the
        oldest segment is dropped first.

        :raises OSError: they are not on disk; nothing may be acknowledged.
        """
        data = b"".join(pack(key, payload) for key, payload in records)
        keys = [key for key, _ in records]
        with self._turn:
            self.counts.appended += len(records)
            for last in (False, False, True):
                try:
                    self._write(data, keys)
                except OSError as error:
                    self.counts.write_errors += 1
                    with self._mutex:
                        if error.errno in _NO_SPACE:
                            self.full_s = self._clock.monotonic_s()
                        self._give_up_active()
                        if last or (error.errno in _NO_SPACE and not self._drop_oldest()):
                            raise
                else:
                    self.counts.synced += len(records)
                    self.counts.syncs += 1
                    return

    def _write(self, data: bytes, keys: Sequence[RecordKey]) -> None:
        with self._mutex:
            leaving = self._make_room(len(data))
            events, carried = self._carried.packed()
            segment = self._active()
            descriptor = self._descriptor
        assert descriptor is not None  # noqa: S101 - _active has just opened it
        data += events
        self._files.append(descriptor, data)
        self._files.datasync(descriptor)
        with self._mutex:
            segment.synced += len(data)
            self.counts.bytes_written += len(data)
            now_s = self._clock.monotonic_s()
            for key in (*keys, *carried):
                segment.note(key, now_s)
            self._carried.written(carried)
            for given_up in leaving:  # now that what is kept of them is on disk elsewhere
                self._remove(given_up)
            if segment.synced >= self._segment_bytes:
                self._close_active()

    def _make_room(self, wanted: int) -> list[Segment]:
        """The oldest segments that must go so that the bound holds with so many bytes more."""
        leaving: list[Segment] = []
        kept = list(self._segments)
        while kept and kept[0].closed and sum(s.synced for s in kept) + wanted + self._carried.size > self.max_bytes:
            self._give_up(kept[0])
            leaving.append(kept.pop(0))
        return leaving

    def _active(self) -> Segment:
        if self._descriptor is None:
            self._newest += 1
            number = self._newest
            path = self.directory / f"{number:016d}.seg"
            self._descriptor = self._files.create(path)
            self._segments.append(Segment(number, path, held={}))
        return self._segments[-1]

    def _close_active(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._segments[-1].closed = True
            with suppress(OSError):
                self._files.close(descriptor)

    def _give_up_active(self) -> None:
        """Its last write failed: it is never written again, and a disk that fails for days leaves no heap of files."""
        active = self._segments[-1] if self._descriptor is not None else None
        self._close_active()
        if active is not None and not active.synced:
            self._remove(active)

    def _drop_oldest(self) -> bool:
        """Room on a full disk, at once; False when only the segment in writing is left."""
        if self._kept.make_room(self._segment_bytes):
            return True
        oldest = self._segments[0] if self._segments else None
        if oldest is None or not oldest.closed:
            return False
        self._give_up(oldest)
        self._remove(oldest)
        return True

    def _give_up(self, segment: Segment) -> None:
        """The policy when full: its readings are dropped and counted, its events carried over. Once for each."""
        if segment.given_up or not segment.wanted(self._retired):
            return
        segment.given_up = True
        contents = self._read_if_possible(segment)
        self._carried.take(found for found in (contents.found if contents else ()) if not self.is_retired(found.key))
        self.counts.dropped_events = self._carried.dropped
        self.counts.dropped_segments += 1
        self.counts.dropped_records += sum(
            number not in self._retired.get(of, ())
            for of, ranges in (segment.held or {}).items()
            if of[0] == Stream.READINGS
            for first, last in ranges
            for number in range(first, last + 1)
        )

    # -- reading -------------------------------------------------------------------------------------------------

    def next_backlog(
        self, skip: Callable[[RecordKey], bool], wait: Callable[[RecordKey], bool] = lambda _: False
    ) -> Found | None:
        """The next record behind the cursor that is neither retired nor skipped; None when there is none yet.

        :param wait: true for a record that is on disk but not for this lane yet: it and all behind it stay.
        """
        while True:
            while self._loaded:
                if wait(self._loaded[0].key):
                    return None
                found = self._loaded.popleft()
                if not self.is_retired(found.key) and not skip(found.key):
                    return found
            if not self._load():
                return None

    def _load(self) -> bool:
        """Read the segment under the cursor, or the one behind it; False when the cursor is at the end."""
        with self._mutex:
            number, offset = self._cursor
            segments = [s for s in self._segments if s.number >= number and s.synced]
            for segment in segments:
                start = offset if segment.number == number else 0
                if segment.synced <= start or not segment.wanted(self._retired):
                    continue
                contents = self._read_if_possible(segment)
                self._cursor = (segment.number, segment.synced)
                if contents is not None:
                    self._loaded.extend(f for f in contents.found if f.offset >= start)
                if self._loaded:
                    return True
            self._free()
            return False

    def _read_if_possible(self, segment: Segment) -> Contents | None:
        """None when the disk refuses: the file stays, is tried again after a restart, and holds up no other."""
        try:
            return self._read(segment)
        except OSError:
            self.counts.read_errors += 1
            return None

    def _read(self, segment: Segment) -> Contents:
        data = self._files.read(segment.path)[: segment.synced]
        contents = Contents.of(data)
        if segment.closed:
            segment.held = contents.held()
            self._mark(segment, contents.found)
        torn = contents.torn_at is not None
        self.counts.corrupt_skipped += max(0, contents.damaged - segment.damaged)
        self.counts.torn += max(0, torn - segment.torn)
        segment.damaged, segment.torn = contents.damaged, int(torn)
        return contents

    def _mark(self, segment: Segment, found: Iterable[Found]) -> None:
        """What an earlier run wrote says itself when it was sealed, if the clock was set then."""
        if segment.marks:
            return
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        for one in found:
            sealed_ms = sealed_ms_of(one.payload)
            if sealed_ms is not None and sealed_ms <= now_ms:
                segment.mark(one.key, now_s - (now_ms - sealed_ms) / 1000)

    # -- retiring ------------------------------------------------------------------------------------------------

    def retire(self, stream: int, epoch: int, ranges: Iterable[tuple[int, int]]) -> None:
        """The store holds these: they are not sent again, and files that hold nothing else are removed."""
        with self._mutex:
            mine = self._retired.setdefault((stream, epoch), RangeSet())
            before = mine.total()
            mine.update(ranges)
            self.counts.retired += mine.total() - before
            self._retired_dirty = True
            self._free()

    def is_retired(self, key: RecordKey) -> bool:
        """Whether the store has it."""
        return key.sequence in self._retired.get((key.stream, key.epoch), ())

    def _free(self) -> None:
        if self._looking:
            return
        for segment in [s for s in self._segments if s.closed and s.held is not None]:
            if not segment.wanted(self._retired):
                self._remove(segment, keep=True)

    def _remove(self, segment: Segment, *, keep: bool = False) -> None:
        """What cannot be removed (a disk turned read-only) comes back at the next start, and is sent again then.

        :param keep: for a while, should the cloud ask for it again.
        """
        if segment not in self._segments:
            return  # all of it was acknowledged while it was to make room
        self._segments.remove(segment)
        try:
            if segment.damaged or segment.torn:
                self._keep_damaged(segment)
            elif keep:
                self._kept.keep(segment.path, segment.synced)
            else:
                self._files.unlink(segment.path)
        except OSError:
            self.counts.write_errors += 1

    def _keep_damaged(self, segment: Segment) -> None:
        """What was damaged is put aside for a look, the last few files of it."""
        aside = self.directory / "damaged"
        aside.mkdir(exist_ok=True)
        self._files.rename(segment.path, aside / segment.path.name)
        for path in self._files.list(aside, ".seg")[:-_KEEP_DAMAGED]:
            self._files.unlink(path)

    # -- again ---------------------------------------------------------------------------------------------------

    def send_again(self, held: Mapping[tuple[int, int], RangeSet]) -> int:
        """Only these are retired of what is still here; returns how many records are not.

        Reads all files: call it in a thread, and ``rewind`` when it returns or raises.

        :param held: (stream, epoch) -> sequence numbers that the store holds.
        :raises OSError: a file could not be read, or what was found cannot be written down.
        """
        with self._mutex:
            self._looking = True
        try:
            return self._look(held)
        finally:
            with self._mutex:
                self._looking = False

    def _look(self, held: Mapping[tuple[int, int], RangeSet]) -> int:
        with self._mutex:
            self._bring_back()
            segments = [segment for segment in self._segments if segment.synced]
        waiting, unread = 0, 0
        for segment in segments:
            with self._mutex:
                if segment in self._segments:
                    found = self._unretire(segment, held)
                    waiting, unread = waiting + (found or 0), unread + (found is None)
        if not self.save() or unread:
            raise OSError(errno.EIO, f"{unread} files could not be read, or what was found cannot be written down")
        return waiting

    def _bring_back(self) -> None:
        back: list[Segment] = []
        try:
            for path in self._kept.give_back(self.directory):
                back.append(Segment(int(path.stem), path, self._files.size(path), closed=True))  # noqa: PERF401 - each as it comes
        finally:
            self._segments = deque(sorted([*back, *self._segments], key=lambda segment: segment.number))

    def _unretire(self, segment: Segment, held: Mapping[tuple[int, int], RangeSet]) -> int | None:
        """Those of one file that are not held; that the others are retired may have been forgotten. None: unread."""
        contents = self._read_if_possible(segment)
        if contents is None:
            return None
        again = 0
        for of, numbers in contents.held().items():
            before = self._retired.get(of, RangeSet())
            left = RangeSet(before)
            for first, last in numbers:
                left = left.without(first, last)
            there = [span for number in held.get(of, ()) for span in numbers.within(*number)]
            self._retired[of] = left.update(there)  # another one: who looks at it meanwhile is not in its way
            again += numbers.total() - sum(last - first + 1 for first, last in there)
        self._retired_dirty = True
        return again

    def rewind(self) -> None:
        """The backlog begins anew with the oldest record that is not retired."""
        with self._mutex:
            self._cursor = (0, 0)
            self._loaded.clear()
            self._free()

    def save(self) -> bool:
        """Write down what is retired; losing it costs only resends. False: the disk refuses."""
        with self._saving:
            with self._mutex:
                if not self._retired_dirty:
                    return True
                self._retired_dirty = False
                retired = {of: RangeSet(ranges) for of, ranges in self._retired.items()}
                known = all(segment.held is not None for segment in self._segments)
                wanted = {of for segment in self._segments for of in segment.held or ()}
            wanted |= {(int(stream), self.epoch) for stream in Stream}
            try:
                retired_file.save(self._files, self._state_path, retired, wanted if known else None)
            except OSError:
                self.counts.write_errors += 1
                self._retired_dirty = True
                return False
            return True
