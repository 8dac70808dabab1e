"""The ``[[link]]`` sections of lines with electricity, water, heat and gas meters (DL/T 645, CJ/T 188)."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from edge.lines.config import SerialPortSection, SerialServerSection
from edge.lines.pace import Parity
from edge.section import Channel, LinkSection, Observed, PlacedPath, Seconds, Section, Source
from edge.watched import Watched
from firmware_adapters.meter_models import Closing, Relay
from firmware_adapters.meter_rows import Cjt188Row, Dlt645Row
from firmware_adapters.registry import dlt645_model
from protocols.cjt188.control import READING, family
from protocols.cjt188.reading import layouts
from protocols.cjt188.requests import DiOrder
from protocols.dlt645.control import Edition
from protocols.dlt645.items import is_block, item_of, name_of


def _model(name: str) -> str:
    dlt645_model(name)
    return name


class _Meter(Watched):
    neuron: Source | None = None
    """None: the readings go as ``meter:<address>`` and the cloud's registry resolves them."""
    address: str
    period_s: Seconds = 900.0

    @property
    def source(self) -> str:
        return self.neuron or f"meter:{self.address}"

    @property
    def cadence_s(self) -> float:
        return self.period_s


class Dlt645RowSection(Section):
    """``[[link.device.rows]]``: a number that the table of items does not tell (firmware_adapters.meter_rows)."""

    di: Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{4}|[0-9A-Fa-f]{8})$")]
    observed: Observed
    channel: Channel = ""
    part: Annotated[int, Field(ge=0, le=63)] = 0
    format: str = ""
    signed: bool = False
    unit: str = ""

    def row(self, edition: Edition) -> Dlt645Row:
        """As the poller takes it.

        :raises ValueError: nobody knows what it means.
        """
        di = int(self.di, 16)
        return Dlt645Row(
            di, self.observed, self.channel, edition, self.part, self.format, signed=self.signed, unit=self.unit
        )


class RelaySection(Section):
    """``[link.device.relay]``: the meter's relay may be commanded, as ``relay_closed``: 1 closed, 0 open."""

    password_file: PlacedPath
    """6 digits; mode 0600. It is opened when a command comes."""
    level: Annotated[int, Field(ge=0, le=9)] = 2
    operator: Annotated[str, Field(pattern=r"^[0-9]{8}$")] = "00000000"
    closing: Closing | None = None
    """direct (1C), or allowed (1B), where somebody must press the meter's key. Left out: as the model has it."""
    status: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}$")] | None = None
    open_bit: Annotated[int, Field(ge=0, le=63)] | None = None
    """Where the meter tells what its relay does, and which bit is 1 while it is open. Left out: as the model has it."""

    def relay(self, model: Relay) -> Relay:
        """The model's relay, as it is on this site."""
        return Relay(
            self.closing or model.closing,
            model.status if self.status is None else int(self.status, 16),
            model.open_bit if self.open_bit is None else self.open_bit,
        )


class Dlt645Device(_Meter):
    """``[[link.device]]`` with ``protocol = "dlt645"``: an electricity meter."""

    protocol: Literal["dlt645"]
    address: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    """The 12 digits of the nameplate."""
    model: Annotated[str, AfterValidator(_model)] | None = None
    """``vendor/model`` out of firmware_adapters.registry: which items are read; items and rows are read besides."""
    edition: Edition | None = None
    """Left out: the model's, or 2007."""
    items: tuple[str, ...] = ()
    """Data identifiers as the standard prints them, ``02010100``; what they are is in its table of items."""
    rows: tuple[Dlt645RowSection, ...] = ()
    relay: RelaySection | None = None
    """None: nobody switches it through us."""

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        if self.model is None and not self.items and not self.rows:
            raise ValueError("expected a model, items or rows")
        if self.model is not None and self.edition not in (None, dlt645_model(self.model).edition):
            raise ValueError(f"edition: {self.model} is one of {dlt645_model(self.model).edition}")
        edition = self.spoken
        width = 8 if edition == "2007" else 4
        for di in (*self.items, *(row.di for row in self.rows)):
            if len(di) != width or not all(digit in "0123456789abcdefABCDEF" for digit in di):
                raise ValueError(f"{di!r}: expected {width} hexadecimal digits, as DL/T 645-{edition} has them")
        for di in self.items:
            _check_item(di, edition)
        self.dlt645_rows()
        self._check_relay()
        return self

    def _check_relay(self) -> None:
        if self.relay is None:
            return
        if self.spoken != "2007":
            raise ValueError("relay: only DL/T 645-2007 has a command for it")
        if self.model is not None and dlt645_model(self.model).relay is None:
            raise ValueError(f"relay: {self.model} has none")
        if self.model is None and (self.relay.status is None or self.relay.open_bit is None):
            raise ValueError("relay: expected a model, or status and open_bit")

    @property
    def spoken(self) -> Edition:
        """The edition it speaks."""
        return self.edition or (dlt645_model(self.model).edition if self.model else "2007")

    @property
    def asked(self) -> tuple[int, ...]:
        """Every identifier that is read cyclically, each once."""
        of_model = dlt645_model(self.model).items if self.model else ()
        named = (int(di, 16) for di in (*self.items, *(row.di for row in self.rows)))
        of_relay = self.commanded_relay
        return tuple(dict.fromkeys((*of_model, *named, *((of_relay.status,) if of_relay else ()))))

    @property
    def commanded_relay(self) -> Relay | None:
        """The relay, where the configuration lets it be commanded and says by which model."""
        if self.relay is None:
            return None
        model = dlt645_model(self.model).relay if self.model else None
        return self.relay.relay(model or Relay())

    def dlt645_rows(self) -> tuple[Dlt645Row, ...]:
        """As the poller takes them."""
        return tuple(row.row(self.spoken) for row in self.rows)


def _check_item(di: str, edition: Edition) -> None:
    number = int(di, 16)
    item = item_of(number, 0, edition)
    if item is None:
        if not is_block(number, edition) or name_of(number, edition) is None:
            raise ValueError(f"{di}: no item of DL/T 645-{edition}: give a row with its format")
    elif not any(part.observed for part in item.parts):
        raise ValueError(f"{di}: {item.name} is no observed property of its own: give a row that says which")


class Cjt188RowSection(Section):
    """``[[link.device.rows]]``: which property a field is, where it is none of its own or a site has its own."""

    item: str
    observed: Observed
    channel: Channel = ""
    di: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{4}$")] = f"{READING:04X}"

    def row(self) -> Cjt188Row:
        """As the poller takes it."""
        return Cjt188Row(self.item, self.observed, self.channel, int(self.di, 16))


class Cjt188Device(_Meter):
    """``[[link.device]]`` with ``protocol = "cjt188"``: a water, heat or gas meter."""

    protocol: Literal["cjt188"]
    address: Annotated[str, Field(pattern=r"^[0-9]{14}$")]
    """The 14 digits of the nameplate, the maker's code first."""
    meter_type: Annotated[str, Field(pattern=r"^[0-9A-F]{2}$")] = "10"
    """10 cold water, 20 heat, 30 gas, 40 others, in hexadecimal."""
    di_order: DiOrder = "high first"
    items: tuple[Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{4}$")], ...] = (f"{READING:04X}",)
    rows: tuple[Cjt188RowSection, ...] = ()

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        if not self.items:
            raise ValueError("expected items")
        kind = family(int(self.meter_type, 16))
        for row in self.rows:
            if row.di.upper() not in {di.upper() for di in self.items}:
                raise ValueError(f"rows: {row.di} is not among the items")
            known = [part.key for parts in layouts(kind, int(row.di, 16)) for part in parts]
            if row.item not in known:
                raise ValueError(f"rows: {row.item!r}: expected one of {', '.join(dict.fromkeys(known)) or 'none'}")
        return self

    @property
    def asked(self) -> tuple[int, ...]:
        """Every identifier that is read cyclically, each once."""
        return tuple(dict.fromkeys(int(di, 16) for di in self.items))

    def cjt188_rows(self) -> tuple[Cjt188Row, ...]:
        """As the poller takes them."""
        return tuple(row.row() for row in self.rows)


MeterDevice = Annotated[Dlt645Device | Cjt188Device, Field(discriminator="protocol")]


class MeterSection(LinkSection):
    """What both ways to a line of meters have."""

    timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    """To the first byte of an answer; meters may take half a second."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    preamble: Annotated[int, Field(ge=0, le=20)] = 4
    """How many FE go before a question, to wake the meter."""
    device: Annotated[tuple[MeterDevice, ...], Field(min_length=1, max_length=1024)]


class MeterSerial(MeterSection, SerialPortSection):
    """``[[link]] kind = "meter-serial"``: a serial port of the gateway."""

    kind: Literal["meter-serial"]
    baud: Annotated[int, Field(ge=50, le=4_000_000)] = 2400
    parity: Parity = "even"
    byte_size: Literal[8] = 8


class MeterTcp(MeterSection, SerialServerSection):
    """``[[link]] kind = "meter-tcp"``: a serial server that hands bytes on as they are."""

    kind: Literal["meter-tcp"]
