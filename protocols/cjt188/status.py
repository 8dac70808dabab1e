"""The two status bytes ST: the sources give two readings of the first one, and the rest is the maker's."""

from typing import Final, NamedTuple

_VALVE: Final = {0b00: "open", 0b01: "closed", 0b11: "fault"}
LOW_BATTERY: Final = 0x04


class Status(NamedTuple):
    """Both readings of the low bits; where they agree they are the same."""

    wire: bytes
    valve: str
    """D1 D0 together: open, closed, fault; or undefined."""
    valve_closed: bool
    """The other reading: D0 alone."""
    valve_fault: bool
    """The other reading: D1 alone."""
    low_battery: bool
    """D2."""

    @property
    def bits(self) -> list[int]:
        """Bits of the first byte that are set, lowest first."""
        return [bit for bit in range(8) if self.wire[0] >> bit & 1]

    @property
    def fault(self) -> bool:
        """Whether both readings call it a fault of the valve."""
        return self.valve == "fault" and self.valve_fault


def read_status(wire: bytes) -> Status:
    """What two status bytes say."""
    first = wire[0]
    valve = _VALVE.get(first & 0b11, "undefined")
    return Status(wire, valve, bool(first & 1), bool(first & 2), bool(first & LOW_BATTERY))
