"""The edge agent's configuration: one TOML file, strict; unknown keys are refused and nothing is clamped."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from edge.cameras.pictures_config import Pictures
from edge.claims import clashes
from edge.exception_report import SourceReportRow
from edge.links.config import kinds_of, with_links
from edge.links.kinds import KINDS, METER_PROTOCOLS
from edge.links.register_map import SITE_MODELS, SiteModel
from edge.quality.config import QualityConfig
from edge.quality.figures import Device, Figures
from edge.remnant import Remnant, remnant_of
from edge.rules.config import LightsRow, RuleRow
from edge.section import Keys, LinkSection, PlacedPath, Port, Section
from edge.watched import Watched
from protocols.vocabulary import ConfigError, parse_gateway_id
from protocols.vocabulary.config_file import ConfigFile, Fault

MAX_CONFIG: Final = 4 << 20
"""Bytes; a larger file is refused unread."""
MAX_SECRET: Final = 4096
S = TypeVar("S", bound=Section)


GatewayId = Annotated[str, AfterValidator(parse_gateway_id)]


class Gateway(Section):
    """``[gateway]``: who we are and where our files are."""

    id: GatewayId
    data: PlacedPath
    """Folder of the spool and of everything else the agent keeps."""


class Uplink(Section):
    """``[uplink]``: the broker, and the key that signs the envelopes."""

    url: Annotated[str, Field(pattern=r"^mqtts?://[A-Za-z0-9._\[\]:%-]+$")]
    """``mqtt://host:port``, or ``mqtts://`` for TLS."""
    username: str | None = None
    password_file: PlacedPath | None = None
    hmac_key_file: PlacedPath
    key_id: Annotated[int, Field(ge=0, le=255)] = 0
    ca_file: PlacedPath | None = None
    """PEM; with mqtts, instead of the system's certificates."""
    window: Annotated[int, Field(ge=1, le=1024)] = 256
    """How many envelopes may wait for the cloud's acknowledgement; 4 MiB of them at the most."""
    keepalive_s: Annotated[int, Field(ge=5, le=3600)] = 30

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file are given together or not at all")
        if self.ca_file is not None and not self.url.startswith("mqtts:"):
            raise ValueError("ca_file goes with a url of mqtts://")
        return self


class Spool(Section):
    """``[spool]``: what is kept until the cloud has it."""

    max_bytes: Annotated[int, Field(ge=1 << 20)] = 1 << 30
    keep_bytes: Annotated[int, Field(ge=0)] = 64 << 20
    """Of what the cloud has, so much stays, at most an eighth of ``max_bytes``: it may be restored from a backup."""
    gather_ms: Annotated[int, Field(ge=1, le=200)] = 100
    """How long records are gathered before one fdatasync."""


class Health(Section):
    """``[health]``: Prometheus metrics on loopback."""

    metrics_port: Port | None = None


class Equipment(Section):
    """Everything but who we are and where the cloud is."""

    spool: Spool = Spool()
    health: Health = Health()
    quality: QualityConfig = QualityConfig()
    report: tuple[SourceReportRow, ...] = ()
    """Report by exception; none: every reading goes."""
    rule: tuple[RuleRow, ...] = ()
    lights: tuple[LightsRow, ...] = ()
    pictures: Pictures = Pictures()
    model: tuple[SiteModel, ...] = ()
    """Before the links, whose devices name them."""
    link: tuple[LinkSection, ...] = ()
    """Each of the class that its kind has (edge.links.config)."""

    @property
    def watched(self) -> Iterator[Watched]:
        """Every device of every link."""
        for link in self.link:
            yield from getattr(link, "device", ())

    def figures(self) -> Figures:
        """By what each point's readings are judged."""
        devices: dict[str, Device] = {}
        for one in self.watched:  # two devices may be parts of one source
            known = devices.get(one.source, Device())
            cadence_s = max((s for s in (one.cadence_s, known.cadence_s) if s is not None), default=None)
            devices[one.source] = Device(known.rows + one.instrument_checks + one.checks, cadence_s)
        return Figures(self.quality.checks, devices)


class EdgeConfig(Equipment):
    """The whole file."""

    gateway: Gateway
    uplink: Uplink


def load(path: Path) -> EdgeConfig:
    """Read and check the file; secrets are not opened.

    :raises ConfigError: one line per fault, ``file:line: key: value: what is allowed``.
    """
    file = ConfigFile.read(path, MAX_CONFIG)
    return checked(file, file.table, path.parent)


def checked(file: ConfigFile, table: Mapping[str, Any], base: Path) -> EdgeConfig:
    """What a table means.

    :param file: whose lines a fault is told with.
    :param base: the folder from which relative paths count.
    :raises ConfigError: one line per fault, also where sections do not go together that are right by themselves.
    """
    # by way of JSON, whose strict mode knows that arrays are tuples and texts are paths
    plain: dict[str, Any] = json.loads(json.dumps(table, default=str))
    try:
        config = _read(EdgeConfig, plain, base)
        faults = _clashes(Remnant(config, plain))
    except ValidationError as error:
        wrong = [_fault(one) for one in _told(error.errors(include_url=False))]
        raise file.refuse([*wrong, *_clashes(_remnant(plain, base))]) from None
    if faults:
        raise file.refuse(faults)
    return config


def _read(section: type[S], table: dict[str, Any], base: Path) -> S:
    model = with_links(section, kinds_of(table.get("link")))
    return model.model_validate_json(json.dumps(table), context={"base": base, SITE_MODELS: {}})


def _remnant(table: dict[str, Any], base: Path) -> Remnant[Equipment] | None:
    def faults_of(error: ValidationError) -> Iterator[tuple[Keys, bool]]:
        for one in error.errors(include_url=False):
            yield tuple(_fault(one).keys), one["type"] == "extra_forbidden"

    equipment = {name: section for name, section in table.items() if name in Equipment.model_fields}
    return remnant_of(equipment, lambda rest: _read(Equipment, rest, base), faults_of)


def _clashes(remnant: Remnant[Any] | None) -> list[Fault]:
    """What does not go together, of what the table really says."""
    if remnant is None:
        return []
    return [
        Fault(remnant.place(one.keys), one.found, one.says, remnant.place(one.beside))
        for one in clashes(remnant.config)
        if all(remnant.stands(remnant.place(keys)) for keys in (one.keys, *one.rests))
    ]


def _told(faults: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without lists that are too short because of what is wrong with their items, which is told."""
    return [
        fault
        for fault in faults
        if fault["type"] != "too_short"
        or not any(
            len(other["loc"]) > (n := len(fault["loc"])) and other["loc"][:n] == fault["loc"] for other in faults
        )
    ]


def secret(path: Path) -> str:
    """The text of a secret's file, without the line end.

    :raises ConfigError: it is not there, group or others may read or write it, it is empty or too long.
    """
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise ConfigError(f"{path}: mode {mode & 0o777:04o}: expected 0600, for nobody but its owner")
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_SECRET + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: no UTF-8 text") from None
    if not text.strip() or len(text) > MAX_SECRET:
        raise ConfigError(f"{path}: {len(text)} characters: expected 1 to {MAX_SECRET}")
    return text.rstrip("\r\n")


def _fault(fault: ErrorDetails) -> Fault:
    """Without the kind of link and the protocol of a device, which pydantic puts among the keys."""
    keys = [key for at, key in enumerate(fault["loc"]) if not (fault["loc"][0] == "link" and _is_tag(at, key))]
    if fault["type"] == "union_tag_invalid":
        told = fault["ctx"]
        return Fault([*keys, told["discriminator"].strip("'")], told["tag"], f"expected {told['expected_tags']}")
    return Fault(keys, fault["input"], fault["msg"])


def _is_tag(at: int, key: int | str) -> bool:
    return (at == 2 and key in KINDS) or (at in (4, 5) and key in METER_PROTOCOLS)
