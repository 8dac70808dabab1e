"""What a listener asks of the stations that dial in; nothing, unless the configuration says so (docs/adr/0007)."""

from typing import Annotated

from pydantic import Field

from edge.section import LinkSection, Seconds


class Asking(LinkSection):
    """The part of the ``[[link]]`` sections of listeners that is about questions. Only listed stations are asked."""

    clock_tolerance_s: Annotated[float, Field(ge=1, le=86_400)] = 60.0
    """A clock that is off by more is told in the status, and set where setting is allowed."""
    pull_days: Annotated[float, Field(ge=0, le=366)] = 0.0
    """How far back history is asked for after a gap; 0: never."""
    settle_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    """A gap is asked for when it has not become smaller for so long: many stations send what waited by themselves."""
    refusal_pause_s: Seconds = 3600.0
    """A station that refuses a request, or does not answer, is asked nothing for so long."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """How often a request is repeated without an answer."""
