"""A device model: who made it, where the facts are from, and its rows for every wire that it speaks. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from firmware_adapters.firmware import ANY, Firmware
from firmware_adapters.hj212_factors import FactorRow
from firmware_adapters.lwm2m_resources import ResourceRow
from firmware_adapters.meter_models import Cjt188Model, Dlt645Model
from firmware_adapters.register_model import DEFAULT_GAP, RegisterModel
from firmware_adapters.rows import RegisterRow
from protocols.modbus.plan import Readable

Use = Literal[
    "water quality",
    "level, flow and rain",
    "weather",
    "dust, gas and noise",
    "soil",
    "electricity",
    "lamps and cabinets",
    "water and heat meters",
    "sluices, pumps and sewage",
    "bins, smoke and manholes",
]
"""What a device is there for; docs/devices.md has a table for each."""
USES: Final[tuple[Use, ...]] = get_args(Use)


@dataclass(frozen=True, slots=True)
class Golden:
    """What a device sent, and what it had measured: by it the contract tests know that the rows are right."""

    values: Mapping[str, float]
    """Series -> value in the observed property's unit."""
    source: str
    """A capture, an example of the manual; or how it was made."""
    registers: tuple[str, ...] = ()
    """The data bytes of the answers to the model's plan, in hexadecimal."""
    factors: Mapping[str, str] = field(default_factory=dict)
    """HJ 212: code -> number, as in the packet."""
    resources: Mapping[str, float] = field(default_factory=dict)
    """LwM2M: path -> value."""
    frame: str = ""
    """SL 651, DL/T 645, CJ/T 188: the frame in hexadecimal."""


@dataclass(frozen=True, slots=True, eq=False)
class DeviceModel:
    """What one vendor's model, with firmware of one range, means by what it says.

    :raises ValueError: it has no rows or no manual, or rows contradict each other; the message says which.
    """

    vendor: str
    model: str
    what: str
    """For people: what it measures or does, and on which wire."""
    manual: str
    """The maker's document, with edition and section where they are known. A row may name another source."""
    firmware: Firmware = ANY
    use: Use | None = None
    sources: tuple[str, ...] = ()
    """Where the facts were read, and what was compared: project and path of a public source, or a public page."""
    registers: tuple[RegisterRow, ...] = ()
    gap: int = DEFAULT_GAP
    """Modbus: how many unwanted registers a request may read over; 0 where the device minds."""
    readable: tuple[Readable, ...] = ()
    """Modbus: blocks that the map declares readable in one piece."""
    factors: tuple[FactorRow, ...] = ()
    """HJ 212: codes that mean something else here than in the standard, or that it does not list."""
    resources: tuple[ResourceRow, ...] = ()
    """LwM2M: what the device is read for; what else it offers means what OMA's registry says."""
    elements: tuple[str, ...] = ()
    """SL 651: which elements such a station reports, by their names in Table C.1."""
    dlt645: Dlt645Model | None = None
    """DL/T 645: which items such a meter is asked for."""
    cjt188: Cjt188Model | None = None
    """CJ/T 188: which kind of meter it is."""
    golden: tuple[Golden, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.vendor, self.model):
            if not name or not name.isprintable() or "/" in name or name != name.strip():
                raise ValueError(f"{name!r}: expected a name without /")
        if not self.manual:
            raise ValueError(f"{self.name}: no manual: where are the facts from?")
        if not self.wires:
            raise ValueError(f"{self.name}: no rows")
        if self.registers:
            self.register_model()
        codes = Counter(row.code for row in self.factors)
        paths = Counter(row.path for row in self.resources)
        for key, count in (codes + paths).items():
            if count > 1:
                raise ValueError(f"{self.name}: {key} comes twice")

    @property
    def name(self) -> str:
        """``vendor/model``."""
        return f"{self.vendor}/{self.model}"

    @property
    def is_generic(self) -> bool:
        """Nobody's product: a map of our own, or what a standard says of a kind of device."""
        return self.vendor == "generic"

    @property
    def wires(self) -> tuple[str, ...]:
        """The protocols that it speaks."""
        rows = {
            "Modbus": self.registers,
            "HJ 212": self.factors,
            "LwM2M": self.resources,
            "SL 651": self.elements,
            "DL/T 645": self.dlt645,
            "CJ/T 188": self.cjt188,
        }
        return tuple(wire for wire, some in rows.items() if some)

    def register_model(self) -> RegisterModel:
        """Its Modbus rows, as the poller takes them.

        :raises ValueError: it has none.
        """
        return RegisterModel(
            self.vendor, self.model, str(self.firmware), self.manual, self.registers, self.gap, self.readable
        )
