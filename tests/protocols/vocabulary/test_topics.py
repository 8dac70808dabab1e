import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.vocabulary import IdentityError, topics
from protocols.vocabulary.topics import TopicName, topic

LEAVES = [topics.UP_BATCH, topics.UP_EVENT, topics.UP_STATUS, topics.UP_RESULT, topics.DOWN_ACK, topics.DOWN_COMMAND,
          topics.DOWN_CONFIG, topics.DOWN_TIME, topics.DOWN_RESEND, topics.SENML]  # fmt: skip


@given(st.from_regex(r"gw-[a-z0-9-]{1,29}", fullmatch=True), st.sampled_from(LEAVES))
def test_a_topic_is_taken_apart_again(gateway: str, leaf: str) -> None:
    assert TopicName.parse(topic(gateway, leaf)) == (gateway, leaf)


def test_topics_are_those_of_the_contract() -> None:
    assert topic("gw-1", topics.UP_BATCH) == "yz/v1/gw-1/up/batch"
    assert topic("gw-1", topics.DOWN_ACK) == "yz/v1/gw-1/down/ack"
    assert topic("+", topics.SENML) == "yz/v1/+/senml"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "//",
        "yz/v1",
        "yz/v1/gw-1",
        "yz/v2/gw-1/up/batch",
        "/yz/v1/gw-1/up",
        "yz/v1//up/batch",
        "yz/v1/+/up/batch",
        "yz/v1/#",
        "$SYS/broker",
        "$share/g/yz/v1/gw-1/up",
        "yz/v1/gw-1\n/up/batch",
        "yz/v1/gw-1\0/up",
        "a" * 65535,
        "￾/" * 4,
    ],
)
def test_what_is_no_topic_of_ours(text: str) -> None:
    with pytest.raises(IdentityError) as caught:
        TopicName.parse(text)
    assert len(str(caught.value)) < 250
