"""The bulk reader takes nothing that the strict parser would not, and reads it as that does."""

from collections.abc import Iterator
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.ingest.line_bulk import BulkReader
from cloud.ingest.line_protocol import Line, Precision
from cloud.ingest.line_writer import LineReport
from cloud.store.port import Columns, CommitReport
from protocols.vocabulary import HardwareId
from tests.cloud.ingest.test_line_writer import NOW, Bench

STAMPS = {"s": NOW // 1000, "ms": NOW, "us": NOW * 1000, "ns": NOW * 1_000_000}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("bulk"))
    with bench.database:
        bench.neuron(HardwareId("mn", "A1"))
        yield bench


def taken(bench: Bench, body: str, precision: Precision, *, bulk: bool) -> tuple[list[tuple[float, ...]], LineReport]:
    """What would be committed, and what is told."""
    rows: list[tuple[float, ...]] = []

    def commit(columns: Columns) -> CommitReport:
        found = (columns.datastream, columns.time, columns.value, columns.quality, columns.reasons)
        rows.extend(tuple(row) for row in zip(*(column.tolist() for column in found), strict=True))
        return CommitReport(len(columns), 0, Columns.empty(), Columns.empty())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.writer, "_commit", commit)
        if not bulk:
            patch.setattr(BulkReader, "read", lambda _self, _text: None)
        report = bench.writer.write(body.encode(), precision)
    return sorted(rows), report


heads = st.sampled_from(["w,mn=A1", "w,mn=A1,x=y", "w,mn=B", "w", "#w,mn=A1", "w,mn=", "w,mn=A1,mn=A1", "", " w,mn=A1"])
RIGHT = "7 7.25 -1e3 .5 5. +5 7i -7i 7u 123456789012345678i"
WRONG = "-7u 7.5i 1e999 nan inf 1_0 0x1 t false 1e 1e5i 1\r2 1\r 1=2 1e12345 1234567890123456789i \uff11"
values = st.one_of(
    st.sampled_from([*RIGHT.split(" "), *WRONG.split(" "), "9" * 400, '"x"', ""]),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
fields = st.lists(
    st.tuples(st.sampled_from(["ph", "orp/2", "noise", "", "ph/2", "a b"]), values).map("=".join),
    min_size=1,
    max_size=3,
)
lines = st.builds(
    "{}{}{}{}{}{}".format,
    heads,
    st.sampled_from([" ", " ", " ", "  ", "\t"]),
    fields.map(",".join),
    st.sampled_from([" ", " ", " ", "  ", ""]),
    st.sampled_from(["{now}", "{now}", "{now}", "", "0", "-1", "1" * 19, "9" * 19, "9" * 18, "1.5", "x", "-{now}"]),
    st.sampled_from(["", "", "\r"]),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lines, max_size=8), st.sampled_from(get_args(Precision)))
def test_it_agrees_with_the_strict_parser(bench: Bench, found: list[str], precision: Precision) -> None:
    body = "\n".join(found).replace("{now}", str(STAMPS[precision]))
    rows, report = taken(bench, body, precision, bulk=True)
    assert (rows, report) == (*taken(bench, body, precision, bulk=False),)


def test_a_wrong_line_leaves_its_neighbours_in_bulk() -> None:
    left: list[Line] = []

    def place(line: Line, _field: str) -> int:
        left.append(line)
        return 1

    reader = BulkReader("ms", (0, 10**15), place)
    body = "\n".join(["m,a=b f=1 5"] * 50_000 + ["m,a=b f=x 5", "m,a=b f=1 y", "m,a=b f=1 999999999999999"])
    rows = reader.read(body)
    assert rows is not None
    assert sum(len(part.value) for part in rows) == 50_001
    assert [number for number, _ in reader.left] == [50_001, 50_002]
    assert len(left) == 1, "a series is asked for once"


def test_a_time_beyond_all_is_left() -> None:
    reader = BulkReader("s", (0, 10**18), lambda _line, _field: 1)
    assert reader.read("m f=1 9223372036854775807\nm f=1 1") is not None
    assert [number for number, _ in reader.left] == [1]


def test_a_body_with_strings_is_the_strict_parsers() -> None:
    assert BulkReader("ns", (0, 1), lambda _line, _field: None).read('m f="x\ny" 1') is None
