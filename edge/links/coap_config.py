"""The ``[[link]]`` section of a CoAP server for SenML."""

from typing import Annotated, Literal

from pydantic import Field

from edge.coap.limits import GuardLimits
from edge.section import Host, LinkSection, Port, Seconds


class Coap(LinkSection):
    """``[[link]] kind = "coap"``: devices post SenML packs to ``/senml``."""

    kind: Literal["coap"]
    host: Host = "0.0.0.0"
    port: Port = 5683
    max_payload: Annotated[int, Field(ge=64, le=1 << 20)] = 65_536
    """Bytes of one pack, after block-wise reassembly."""
    idle_s: Seconds = 7200.0
    """A device that posts nothing for so long counts as silent."""
    limits: GuardLimits = GuardLimits()
