"""``[link.limits]`` of links on CoAP: what one network, and all together, may cost."""

from typing import Annotated, Final

from pydantic import Field

from edge.coap.guard import Limits
from edge.section import Section

_LEFT_OUT: Final = Limits()


class GuardLimits(Section):
    """``[link.limits]``: what one network (an IPv4 address, a /64 of IPv6), and all together, may cost."""

    datagrams_per_s: Annotated[float, Field(gt=0, le=1e6)] = _LEFT_OUT.datagrams_per_s
    burst: Annotated[int, Field(ge=1, le=1_000_000)] = _LEFT_OUT.burst
    exchanges_per_network: Annotated[int, Field(ge=1, le=1_000_000)] = _LEFT_OUT.exchanges_per_network
    exchanges: Annotated[int, Field(ge=1, le=1_000_000)] = _LEFT_OUT.exchanges
    registrations_per_network: Annotated[int, Field(ge=1, le=1_000_000)] = _LEFT_OUT.registrations_per_network

    def limits(self) -> Limits:
        """As the guard takes them."""
        return Limits(**dict(self))
