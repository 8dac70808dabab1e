"""docs/uplink.md says what the code does."""

import re
from pathlib import Path

from protocols.uplink import MAX_ENVELOPE, MAX_READINGS, Ack, HeldRanges, Kind, Stream, read_header
from protocols.uplink.ack import MAX_RANGES
from protocols.uplink.command import MAX_REASON
from protocols.uplink.envelope import MAX_BODY
from protocols.vocabulary import Quality, Reason
from tests.protocols.uplink import test_signed as signed
from tests.protocols.uplink.golden import SMALLEST, load

DOCUMENT = (Path(__file__).parents[3] / "docs" / "uplink.md").read_text("utf-8")
DUMPS = re.findall(r"```\n(.*?)```", DOCUMENT, re.DOTALL)
LINE = re.compile(r" {0,2}(\d+)  ((?:[0-9a-f]{2} ?)+)(?: +(.*))?")


def bytes_of(dump: str) -> bytes:
    data = b""
    for line in dump.splitlines():
        match = LINE.fullmatch(line)
        assert match, line
        assert int(match[1]) == len(data), line
        data += bytes.fromhex(match[2])
    return data


def test_the_annotated_envelope_is_the_golden_one() -> None:
    assert bytes_of(DUMPS[0]) == load(SMALLEST).envelope


def test_the_annotated_acknowledgement_answers_it() -> None:
    golden = load(SMALLEST)
    header = read_header(golden.envelope)
    ack = Ack(header.gateway, (HeldRanges(Stream.READINGS, header.epoch, ((0, header.sequence),)),))
    assert bytes_of(DUMPS[1]) == ack.encode(golden.key)


def test_the_annotated_command_is_the_golden_one() -> None:
    assert bytes_of(DUMPS[2]) == signed.load("one_point").message


def test_the_limits_are_those_of_the_code() -> None:
    for limit in (MAX_ENVELOPE, MAX_BODY, MAX_READINGS, MAX_RANGES, MAX_REASON, *(kind.max_body for kind in Kind)):
        assert f"{limit:,}" in DOCUMENT


def test_every_reason_and_quality_is_listed() -> None:
    table = DOCUMENT[DOCUMENT.index("Reasons are bits:") : DOCUMENT.index("### 3.3")]
    listed = {int(bit): name for bit, name in re.findall(r"\| (\d+) \| ([a-z_]+) (?=\|)", table)}
    assert listed == {r.bit_length() - 1: str(r.name).lower() for r in Reason if r}
    for quality in Quality:
        assert re.search(rf"\b{int(quality)} {quality.name.lower().replace('_', ' ')}\b", DOCUMENT)


def test_the_header_table_leaves_no_gap() -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) \| ", DOCUMENT.split("### 2.1")[0], re.MULTILINE)
    assert sum(int(length) for _, length in rows) == 48
    assert [int(offset) for offset, _ in rows] == [sum(int(n) for _, n in rows[:i]) for i in range(len(rows))]
