from pathlib import Path

import pytest

from cloud.broker.sickness import Sickness

LINE = b"[1] [ERR] JetStream failed to store a msg on stream '$G > $MQTT_msgs': write 5.blk: no space left on device\n"


@pytest.mark.parametrize(
    ("said", "sick"),
    [
        (b"", False),
        (LINE, True),
        (LINE[:-1], True),
        (b"x" * (3 << 20) + b"\n" + LINE, True),
        (LINE.replace(b"no space left on device", b"maximum messages exceeded"), False),
        (b"failed to store a msg\nno space left on device\n", False),
    ],
    ids=range(6),
)
def test_what_it_says(tmp_path: Path, said: bytes, sick: bool) -> None:
    log = tmp_path / "nats.log"
    log.write_bytes(LINE)
    sickness = Sickness(log)
    assert not sickness.must_be_restarted(), "an earlier start of it said that"
    with log.open("ab") as file:
        file.write(said)
    assert [sickness.must_be_restarted(), sickness.must_be_restarted()] == [sick, sick]


def test_a_log_that_somebody_emptied(tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    log.write_bytes(b"x" * 1000)
    sickness = Sickness(log)
    log.write_bytes(b"")
    assert not sickness.must_be_restarted()
    log.write_bytes(LINE)
    assert sickness.must_be_restarted()
