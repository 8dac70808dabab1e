"""The readings of one table of points, poll after poll: those in order pass by in columns, the others are judged.

A point is *open* while its last reading was clean; its quiet span (Limits.quiet) says what the next one may be without
anything to say about it. Of an open point nothing is written down when a reading passes: the last three polls are kept
as the columns they came in, and its track is told of them when a reading has to be judged.
"""

from array import array
from collections import deque
from itertools import compress
from math import inf
from typing import Final

from edge.quality.limits import Span
from edge.quality.track import Track
from edge.quality.verdict import Stamps, Verdict
from protocols.vocabulary import Batch, Point, Quality

KEPT: Final = 3
"""Polls; no check looks back further by single readings."""
_NO_RUN: Final = (-1, 0)
_OTHERS: Final = bytes(flag != Quality.NOT_EVALUATED for flag in range(256))
"""Which flags say something, as a translation."""


class Columns:
    """Where the points of one table are at home.

    :param tracks: of the points, in their order.
    """

    def __init__(self, points: tuple[Point, ...], tracks: list[Track]) -> None:
        count = len(points)
        self.points = points
        self.tracks = tracks
        self.order = array("I", range(count))
        self.blank = array("I", [0]) * count
        self.untouched = array("B", [Quality.NOT_EVALUATED]) * count
        checked = [t.limits.ranged or (t.limits.needs is not None and not t.alone) for t in tracks]
        self.good = array("B", [Quality.PASS if one else Quality.NOT_EVALUATED for one in checked])
        """What a poll's qualities are when there is nothing to say."""
        self.checked = sum(checked)
        self._numbers = range(count)
        self._low = array("d", [inf]) * count
        self._high = array("d", [-inf]) * count
        self._runs = [_NO_RUN] * count
        """(poll, ms) of the reading from which on the value has not changed, if that is after the track's own."""
        self._poll = 0
        self._recent: deque[tuple[int, array[float], array[int] | int]] = deque(maxlen=KEPT)
        """Their numbers, values and stamps; one stamp where it is the same for all."""
        self._oldest = self._newest = 0
        """Of the stamps of the last poll."""
        self._flat_from: float = inf
        """Before it no value can have stayed for too long, ms."""
        self._gap_ms = min((t.limits.gap.longest_ms for t in tracks if t.limits.gap is not None), default=inf)
        self._flats = [
            (number, track.limits.flat.suspect_ms) for number, track in enumerate(tracks) if track.limits.flat
        ]

    def settle(self, at: int) -> None:
        """See :class:`edge.quality.track.Home`."""
        if self._low[at] == inf:
            return
        self._low[at], self._high[at] = inf, -inf
        track = self.tracks[at]
        track.home = None
        if track.seen == self._poll:
            return
        for poll, values, times in self._recent:
            if poll > track.seen:
                track.push(times if isinstance(times, int) else times[at], values[at])
        began, since = self._runs[at]
        if began > track.seen:
            track.run_count, track.run_since = self._poll - began + 1, since
        else:
            track.run_count += self._poll - track.seen
        track.seen = self._poll

    def settle_all(self) -> None:
        """Before it is let go: the tracks live on."""
        for at in self._numbers:
            self.settle(at)

    def judge(self, at: int, batch: Batch, row: int, stamps: Stamps, time: int | None = None) -> Verdict:
        """One reading by itself: row ``row`` of a batch, of the point with the number ``at``.

        :param time: its stamp, so that the tracks of many points keep one number and not each its own.
        """
        track = self.tracks[at]
        if track.home is not None:
            track.home.settle(track.at)
        time = batch.time[row] if time is None else time
        return track.judge(time, batch.value[row], batch.quality[row], batch.reasons[row], stamps)

    def poll(self, batch: Batch, stamps: Stamps) -> dict[int, Verdict]:
        """One reading of every point, in their order; gives the verdicts on those that something is to be said of."""
        times, values = batch.time, batch.value
        first = times[0]
        even = times == array("q", [first]) * len(times)
        oldest, newest = (first, first) if even else (min(times), max(times))
        if (
            not self._newest < oldest
            or newest - self._oldest > self._gap_ms
            or oldest < stamps.earliest
            or newest > stamps.latest
        ):
            self.settle_all()
        if batch.quality != self.untouched or batch.reasons != self.blank:
            for marks in (batch.quality.tobytes().translate(_OTHERS), batch.reasons):
                for at in compress(self._numbers, marks):
                    self.settle(at)
        if newest >= self._flat_from:
            self._look_for_flat(values, times)
        said = self._pass_by(values, times, (self._poll + 1, first) if even else None)
        verdicts = {at: self.judge(at, batch, at, stamps, first if even else None) for at in said}
        self._poll += 1
        self._recent.append((self._poll, values, first if even else times))
        self._oldest, self._newest = oldest, newest
        for at, verdict in verdicts.items():
            if verdict.clean:
                self._open(at, values[at])
        return verdicts

    def _pass_by(self, values: "array[float]", times: "array[int]", run: tuple[int, int] | None) -> list[int]:
        """The points whose reading is not within their quiet span; of the others, notes when the value changed."""
        if not self._recent:
            return list(self._numbers)
        said = []
        runs = self._runs
        for at, value, last, low, high in zip(
            self._numbers, values, self._recent[-1][1], self._low, self._high, strict=True
        ):
            if low <= value <= high:
                if value != last:
                    runs[at] = run or (self._poll + 1, times[at])
            else:
                said.append(at)
        return said

    def _open(self, at: int, value: float) -> None:
        track = self.tracks[at]
        span = track.limits.quiet(value) if track.limits.ranged or track.limits.needs is not None else Span(-inf, inf)
        if span is None:
            return
        self._low[at], self._high[at] = span
        self._runs[at] = _NO_RUN
        track.home, track.at, track.seen = self, at, self._poll
        if track.limits.flat is not None:
            self._flat_from = min(self._flat_from, track.run_since + track.limits.flat.suspect_ms)

    def _look_for_flat(self, values: "array[float]", times: "array[int]") -> None:
        """Let no reading pass whose value has stayed as long as its flat line test allows."""
        last = self._recent[-1][1]
        self._flat_from = inf
        for at, longest_ms in self._flats:
            if self._low[at] == inf:
                continue
            track, flat = self.tracks[at], self.tracks[at].limits.flat
            began, since = self._runs[at]
            since = since if began > track.seen else track.run_since
            due = since + longest_ms
            if times[at] < due:
                self._flat_from = min(self._flat_from, due)
            elif values[at] != last[at]:
                self._flat_from = min(self._flat_from, times[at] + longest_ms)
            elif flat is not None and flat.is_natural(last[at], times[at] - since):
                self._flat_from = min(self._flat_from, times[at] + longest_ms, since + flat.natural_ms)
            else:
                self.settle(at)
