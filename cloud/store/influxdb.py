"""InfluxDB as an engine: read by InfluxQL at ``/query``, which versions 1, 2 and 3 share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import msgspec
import numpy as np

from cloud.store.line_client import told
from cloud.store.lines import MEASUREMENT, quality_of, reasons_of
from cloud.store.port import Aggregate, Buckets, Columns, StoreError

_FUNCTIONS: Final[dict[Aggregate, str]] = {
    "mean": "mean(v)",
    "min": "min(v)",
    "max": "max(v)",
    "sum": "sum(v)",
    "count": "count(v)",
    "first": "first(v)",
    "last": "last(v)",
}


@dataclass(slots=True)
class InfluxDB:
    """Implements :class:`cloud.store.remote_store.Engine`. It writes its log before it answers: nothing to flush."""

    url: str
    database: str
    http: httpx.Client
    digits: float = 0.0

    def flush(self) -> None:
        """What it took is in its log."""

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()

    def readings(self, datastreams: Sequence[int], from_ms: int, to_ms: int, most: int) -> Columns | None:
        """See Engine."""
        where = _where(datastreams, from_ms, to_ms)
        sql = f"SELECT v, c, ds FROM {MEASUREMENT} WHERE {where} LIMIT {most + 1}"  # noqa: S608 - numbers
        found = [_columns(one["columns"], one["values"]) for one in self._series(sql)]
        rows = Columns.join(found)
        return None if len(rows) > most else rows

    def buckets(
        self, datastreams: Sequence[int], from_ms: int, to_ms: int, *, every_ms: int, aggregate: Aggregate
    ) -> Buckets:
        """See Engine."""
        sql = (
            f"SELECT {_FUNCTIONS[aggregate]} AS a, count(v) AS n, max(c) AS c FROM {MEASUREMENT} "  # noqa: S608 - numbers
            f"WHERE {_where(datastreams, from_ms, to_ms)} GROUP BY time({every_ms}ms), ds fill(none)"
        )
        rows: list[tuple[int, int, float, int, int]] = []
        for one in self._series(sql):
            number, answers = int(one["tags"]["ds"]), [row for row in one["values"] if row[2]]
            worst = quality_of(np.array([row[3] for row in answers], np.int64)).tolist()
            rows += [(number, row[0], row[1], row[2], flag) for row, flag in zip(answers, worst, strict=True)]
        return Buckets.of(rows)

    def latest(self) -> Columns:
        """See Engine."""
        found = []
        sql = f"SELECT v, c FROM {MEASUREMENT} GROUP BY ds ORDER BY time DESC LIMIT 1"  # noqa: S608 - a constant
        for one in self._series(sql):
            rows = [[time, value, code, one["tags"]["ds"]] for time, value, code in one["values"]]
            found.append(_columns(["time", "v", "c", "ds"], rows))
        return Columns.join(found)

    def _series(self, sql: str) -> Iterator[dict[str, Any]]:
        answer = told(
            self.http, "POST", f"{self.url}/query", params={"db": self.database, "epoch": "ms"}, data={"q": sql}
        )
        for result in msgspec.json.decode(answer.content)["results"]:
            if "error" in result:
                raise StoreError(f"{self.url}/query: {result['error']}")
            yield from result.get("series", ())


def _where(datastreams: Sequence[int], from_ms: int, to_ms: int) -> str:
    names = "|".join(str(int(one)) for one in datastreams)
    which = f"ds = '{names}'" if len(datastreams) == 1 else f"ds =~ /^({names})$/"
    return f"{which} AND time >= {int(from_ms)}ms AND time < {int(to_ms)}ms"


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Columns:
    at = {name: place for place, name in enumerate(names)}
    code = np.array([row[at["c"]] for row in rows], np.int64)
    return Columns(
        np.array([row[at["ds"]] for row in rows], np.int64).astype(np.int32),
        np.array([row[at["time"]] for row in rows], np.int64),
        np.array([np.nan if row[at["v"]] is None else row[at["v"]] for row in rows], np.float64),
        quality_of(code),
        reasons_of(code),
    )
