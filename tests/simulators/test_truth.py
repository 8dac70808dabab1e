import json

import pytest

from simulators.truth import Said, TruthFile

SAID = Said("lamp-1", "serial:1", "voltage", None, 229.5, "answered", 1_794_801_600_250)


def test_every_value_is_a_line_that_is_there_at_once(tmp_path):
    path = tmp_path / "truth.jsonl"
    with TruthFile(path) as truth:
        truth([SAID, SAID._replace(time=5, event="sent")])
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == [SAID._asdict(), SAID._asdict() | {"time": 5, "event": "sent"}]
    with TruthFile(path) as truth:
        truth([SAID])
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3
    with pytest.raises(ValueError, match="not open"):
        truth([SAID])
