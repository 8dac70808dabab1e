"""MQTT topics of the uplink, ``yz/v1/<gateway>/...`` (design §6)."""

from typing import Final, NamedTuple, Self

from protocols.vocabulary.errors import IdentityError
from protocols.vocabulary.identity import parse_gateway_id

PREFIX: Final = "yz/v1"
UP_BATCH: Final = "up/batch"
UP_EVENT: Final = "up/event"
UP_STATUS: Final = "up/status"
UP_RESULT: Final = "up/result"
DOWN_ACK: Final = "down/ack"
DOWN_COMMAND: Final = "down/command"
DOWN_CONFIG: Final = "down/config"
DOWN_TIME: Final = "down/time"
DOWN_RESEND: Final = "down/resend"
SENML: Final = "senml"


def topic(gateway: str, leaf: str) -> str:
    """``yz/v1/<gateway>/<leaf>``; ``+`` as the gateway gives the subscription for all of them."""
    return f"{PREFIX}/{gateway}/{leaf}"


class TopicName(NamedTuple):
    """A topic taken apart."""

    gateway: str
    leaf: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take ``yz/v1/<gateway>/<leaf>`` apart.

        :raises IdentityError: it is not of that shape.
        """
        parts = text.split("/", 3)
        if len(parts) != 4 or "/".join(parts[:2]) != PREFIX:
            raise IdentityError(f"topic {text!r:.120}: expected {PREFIX}/<gateway>/...")
        return cls(parse_gateway_id(parts[2]), parts[3])
