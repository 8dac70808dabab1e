"""VictoriaMetrics, single or cluster, as an engine: read by its Prometheus API (MetricsQL, ``/api/v1/export``)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import time
from typing import Any, Final

import httpx
import msgspec
import numpy as np

from cloud.store.line_client import told
from cloud.store.lines import MEASUREMENT, PASS, quality_of, reasons_of
from cloud.store.port import Aggregate, Buckets, Columns, StoreError

_FUNCTIONS: Final[dict[Aggregate, str]] = {
    "mean": "avg_over_time",
    "min": "min_over_time",
    "max": "max_over_time",
    "sum": "sum_over_time",
    "count": "count_over_time",
    "first": "first_over_time",
    "last": "last_over_time",
}
_MOST_BUCKETS: Final = 10_000
"""Of one series in one question."""
_DAY_S: Final = 86_400


class _Series(msgspec.Struct):
    metric: dict[str, str]
    values: list[float | None]
    timestamps: list[int]


class _Row(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]] = []
    value: tuple[float, str] | None = None


class _Data(msgspec.Struct):
    result: list[_Row]


class _Answer(msgspec.Struct):
    data: _Data


@dataclass(slots=True)
class VictoriaMetrics:
    """Implements :class:`cloud.store.remote_store.Engine`.

    Values are the series ``yz_v``, what is said of them ``yz_c`` where it is more than that they passed. It has to run
    with ``-dedup.minScrapeInterval=1ms``: an envelope that comes twice is written twice.

    :param url: of the Prometheus API, without ``/api/v1``.
    :param flush_urls: of every process that holds data: a snapshot makes it write down what it has in memory, which
        is lost otherwise when it dies within five seconds.
    """

    url: str
    flush_urls: Sequence[str]
    http: httpx.Client
    lookback_days: int = 400
    digits: float = 1e-11
    """It keeps twelve digits of a value."""

    def flush(self) -> None:
        """See Engine; snapshots are links to files, and go at once."""
        for url in self.flush_urls:
            told(self.http, "GET", f"{url}/internal/force_flush")  # new series are found from now on, not in a second
            answer = msgspec.json.decode(told(self.http, "GET", f"{url}/snapshot/create").content)
            if answer.get("status") != "ok":
                raise StoreError(f"{url}/snapshot/create: {answer.get('msg') or answer}")
            told(self.http, "GET", f"{url}/snapshot/delete", params={"snapshot": answer["snapshot"]})

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()

    def readings(self, datastreams: Sequence[int], from_ms: int, to_ms: int, most: int) -> Columns | None:
        """See Engine."""
        which = _which(datastreams)
        form = {
            "match[]": f'{{__name__=~"{MEASUREMENT}_[vc]",{which}}}',
            "start": _seconds(from_ms),
            "end": _seconds(to_ms - 1),
            "reduce_mem_usage": "1",
        }
        found: dict[str, list[_Series]] = {f"{MEASUREMENT}_v": [], f"{MEASUREMENT}_c": []}
        rows = 0
        try:
            with self.http.stream("POST", f"{self.url}/api/v1/export", data=form) as answer:
                if not answer.is_success:
                    raise StoreError(f"{self.url}/api/v1/export: {answer.status_code} {answer.read()[:300]!r}")
                for line in answer.iter_lines():
                    if line:
                        series = msgspec.json.decode(line, type=_Series)
                        rows += len(series.timestamps)
                        if rows > 2 * most:
                            return None
                        found[series.metric["__name__"]].append(series)
        except httpx.HTTPError as error:
            raise StoreError(f"{self.url}/api/v1/export: {str(error) or type(error).__name__}") from None
        paired = _paired(*found.values())
        return None if len(paired) > most else paired

    def buckets(
        self, datastreams: Sequence[int], from_ms: int, to_ms: int, *, every_ms: int, aggregate: Aggregate
    ) -> Buckets:
        """See Engine."""
        rows: list[tuple[int, int, float, int, int]] = []
        for start in range(from_ms, to_ms, _MOST_BUCKETS * every_ms):
            end = min(to_ms, start + _MOST_BUCKETS * every_ms)
            rows += self._buckets(datastreams, start, end, every_ms, aggregate)
        return Buckets.of(rows)

    def _buckets(
        self, datastreams: Sequence[int], from_ms: int, to_ms: int, every_ms: int, aggregate: Aggregate
    ) -> Iterator[tuple[int, int, float, int, int]]:
        """A window of MetricsQL ends at its instant, which belongs to it; it is asked for as of long ago.

        Of the last minute it would not say the truth: it repeats what was before.
        """
        back_s = _DAY_S * max(0, -(-(to_ms // 1000 - int(time()) + _DAY_S) // _DAY_S))
        window = f"[{every_ms}ms]" + (f" offset -{back_s}s" if back_s else "")
        v, c = (f"{MEASUREMENT}_{one}{{{_which(datastreams)}}}{window}" for one in "vc")
        asked = {
            "a": f"{_FUNCTIONS[aggregate]}({v})",
            "n": f"count_over_time({v})",
            "c": f"max_over_time({c})",
            "k": f"count_gt_over_time({c}, {(1 << 32) - 1})",
        }
        query = ", ".join(f'label_set(sum({one}) by (ds), "f", "{name}")' for name, one in asked.items())
        last = back_s * 1000 + 1
        form = {
            "query": f"union({query})",
            "start": _seconds(from_ms + every_ms - last),
            "end": _seconds(to_ms - last),
            "step": f"{every_ms}ms",
            "nocache": "1",
        }
        found: dict[tuple[int, int], dict[str, float]] = {}
        for row in self._asked("query_range", form):
            number, what = int(row.metric["ds"]), row.metric["f"]
            for at_s, text in row.values:
                start = round(at_s * 1000) + last - every_ms
                found.setdefault((number, start), {})[what] = float(text)
        for (number, start), known in found.items():
            if count := int(known.get("n", 0)):
                worst = int(known.get("c", 0)) if known.get("k") else 0
                plain = PASS if count > known.get("k", 0) else 0
                yield number, start, known["a"], count, int(quality_of(np.array([max(worst, plain)]))[0])

    def latest(self) -> Columns:
        """See Engine; as far back as ``lookback_days``."""
        window = f"[{self.lookback_days + 1}d] offset -2d"
        query = ", ".join(
            f'label_set(max({function}({MEASUREMENT}_{one}{window})) by (ds), "f", "{name}")'
            for name, function, one in (
                ("vt", "tlast_over_time", "v"),
                ("v", "last_over_time", "v"),
                ("ct", "tlast_over_time", "c"),
                ("c", "last_over_time", "c"),
            )
        )
        known: dict[int, dict[str, float]] = {}
        form = {"query": f"union({query})", "time": _seconds(round(time() * 1000) - _DAY_S * 1000), "nocache": "1"}
        for row in self._asked("query", form):
            if row.value is not None:
                known.setdefault(int(row.metric["ds"]), {})[row.metric["f"]] = float(row.value[1])
        rows = [(number, *_newest(one)) for number, one in sorted(known.items())]
        code = np.array([row[3] for row in rows], np.int64)
        return Columns(
            np.array([row[0] for row in rows], np.int32),
            np.array([row[1] for row in rows], np.int64),
            np.array([row[2] for row in rows], np.float64),
            quality_of(code),
            reasons_of(code),
        )

    def _asked(self, what: str, form: dict[str, str]) -> list[_Row]:
        answer = told(self.http, "POST", f"{self.url}/api/v1/{what}", data=form)
        try:
            return msgspec.json.decode(answer.content, type=_Answer).data.result
        except msgspec.DecodeError as error:
            raise StoreError(f"{self.url}/api/v1/{what}: {error}") from None


def _newest(known: dict[str, float]) -> tuple[int, float, int]:
    """Time, value and ``c`` of a datastream's newest reading."""
    value_ms, code_ms = round(known.get("vt", -1) * 1000), round(known.get("ct", -1) * 1000)
    if code_ms > value_ms:
        return code_ms, np.nan, int(known["c"])
    return value_ms, known["v"], int(known["c"]) if code_ms == value_ms else PASS


def _paired(values: Sequence[_Series], codes: Sequence[_Series]) -> Columns:
    """Values with what is said of them; of what is said without a value: a missing reading."""
    number, time_ms, value = _flat(values)
    code_number, code_ms, code = _flat(codes)
    order = np.lexsort((code, code_ms, code_number))
    code_number, code_ms, code = code_number[order], code_ms[order], code[order]
    key, code_key = _keys((number, time_ms), (code_number, code_ms))
    at = np.minimum(np.searchsorted(code_key, key), max(0, len(code_key) - 1))
    said = np.full(len(key), PASS, np.int64)
    if len(code_key):
        has = code_key[at] == key
        said[has] = code[at[has]].astype(np.int64)
    alone = ~np.isin(code_key, key)
    every = np.concatenate([said, code[alone].astype(np.int64)])
    return Columns(
        np.concatenate([number, code_number[alone]]).astype(np.int32),
        np.concatenate([time_ms, code_ms[alone]]),
        np.concatenate([value, np.full(int(alone.sum()), np.nan)]),
        quality_of(every),
        reasons_of(every),
    )


def _keys(*parts: tuple[Any, Any]) -> list[Any]:
    """One number for (datastream, time) in the same order: 43 bits of ms are 278 years."""
    names = np.unique(np.concatenate([number for number, _ in parts]))
    low = min((int(time_ms.min()) for _, time_ms in parts if len(time_ms)), default=0)
    return [(np.searchsorted(names, number).astype(np.int64) << 43) | (time_ms - low) for number, time_ms in parts]


def _flat(series: Sequence[_Series]) -> tuple[Any, Any, Any]:
    """Datastream, time and value of each sample."""
    lengths = [len(one.timestamps) for one in series]
    return (
        np.repeat(np.array([int(one.metric["ds"]) for one in series], np.int64), lengths),
        np.array([at for one in series for at in one.timestamps], np.int64),
        np.array([np.nan if v is None else v for one in series for v in one.values], np.float64),
    )


def _which(datastreams: Sequence[int]) -> str:
    return f'ds=~"{"|".join(str(int(one)) for one in datastreams)}"'


def _seconds(time_ms: int) -> str:
    return f"{time_ms / 1000:.3f}"
