"""The cloud's configuration: one TOML file, strict; unknown keys are refused and nothing is clamped in silence."""

import json
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cloud.store.settings import EMBEDDED, Account, StoreSettings, parse
from protocols.vocabulary import OBSERVED_PROPERTIES, ConfigError, parse_gateway_id
from protocols.vocabulary.config_file import ConfigFile, Fault

MAX_CONFIG: Final = 1 << 20
"""Bytes; a larger file is refused unread."""
_MIB: Final = 1 << 20
_HOST_PORT: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})", re.ASCII)


def _placed(path: Path, info: ValidationInfo) -> Path:
    """A relative path counts from the folder of the configuration file."""
    base: Path = (info.context or {}).get("base", Path())
    return base / path


def _target(text: str) -> str:
    match = _HOST_PORT.fullmatch(text)
    if match is not None and 1 <= int(match[1]) <= 65_535:
        return text
    try:
        ip_network(text)
    except ValueError:
        raise ValueError("expected a network such as 10.1.0.0/16, or host:port") from None
    return text


def _sql_url(text: str) -> str:
    try:
        backend = make_url(text).get_backend_name() if text else ""
    except ArgumentError:
        backend = "none"
    if backend not in {"", "sqlite", "postgresql"}:
        raise ValueError("expected sqlite:///FILE or postgresql://USER@HOST/DATABASE, or nothing")
    return text


HttpUrl = Annotated[str, Field(pattern=r"^(https?://[A-Za-z0-9._\[\]:%-]+(/[A-Za-z0-9._/:%-]*)?)?$")]
PlacedPath = Annotated[Path, AfterValidator(_placed)]
Port = Annotated[int, Field(ge=0, le=65_535)]
Host = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:%-]+$")]
TopicPart = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")]
Target = Annotated[str, AfterValidator(_target)]


def read_secret(path: Path, key: str) -> str:
    """The text of a file that holds one.

    :raises ConfigError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise ConfigError(f"{key}: {path}: {why}") from error


_HOSTS: Final = r"[A-Za-z0-9._\[\]:%-]+(,[A-Za-z0-9._\[\]:%-]+)*"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Api(_Section):
    """``[api]``: where HTTP is answered."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    """0: a free one."""


class Data(_Section):
    """``[data]``: the folder that everything lies in."""

    dir: PlacedPath = Path("data")


class Broker(_Section):
    """``[broker]``: the MQTT broker; without a URL the process starts its own."""

    url: Annotated[str, Field(pattern=rf"^(mqtts?://{_HOSTS})?$")] = ""
    """``mqtt://host:port`` or ``mqtts://`` of an external one; of a cluster all nodes, with commas between them."""
    nats_url: Annotated[str, Field(pattern=rf"^((nats|tls)://{_HOSTS})?$")] = ""
    """Of an external nats-server: there workers share its JetStream. Nothing: they share by MQTT 5."""
    accounts_file: PlacedPath | None = None
    """Written by us whenever a gateway's credentials change, for the nodes of a nats-server to include."""
    mqtt_host: Host = "127.0.0.1"
    """Where our own listens."""
    mqtt_port: Port = 1883
    username: str | None = None
    password_file: PlacedPath | None = None
    ca_file: PlacedPath | None = None
    """PEM; with mqtts, instead of the system's certificates."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file: expected both or neither")
        if self.username is not None and not self.url:
            raise ValueError("username: our own broker makes its credentials itself; expected only together with url")
        for key in ("nats_url", "accounts_file"):
            if getattr(self, key) and not self.url:
                raise ValueError(f"{key}: expected only together with url")
        if self.accounts_file is not None and self.username is None:
            raise ValueError("accounts_file: expected together with username and password_file")
        if self.ca_file is not None and not self.url.startswith("mqtts:"):
            raise ValueError("ca_file: expected only together with a url of mqtts://")
        return self


def _engine(text: str) -> str:
    if text != EMBEDDED:
        parse(text)
    return text


Days = Annotated[int, Field(ge=0, le=36_600)]


class Retention(_Section):
    """``[store.retention]``: days that readings are kept, 0 for ever; a property's figure goes before a kind's."""

    days: Days = 0
    """Of what is not named below."""
    kinds: dict[str, Days] = {}
    """By the kind of neuron: ``kinds = { streetlight = 90 }``."""
    properties: dict[str, Days] = {}
    """By observed property: ``properties = { noise_level = 30 }``."""

    @field_validator("properties")
    @classmethod
    def _known(cls, properties: dict[str, int]) -> dict[str, int]:
        for name in properties:
            if name not in OBSERVED_PROPERTIES:
                raise ValueError(f"{name}: no observed property of that name")
        return properties

    def days_of(self, kind: str, observed: str) -> int:
        """For how long a datastream's readings are kept."""
        return self.properties.get(observed, self.kinds.get(kind, self.days))


class Store(_Section):
    """``[store]``: where readings are kept."""

    url: Annotated[str, AfterValidator(_engine)] = EMBEDDED
    """``duckdb``, ``influxdb://host:8086/database`` or ``victoriametrics://host:8428``; with ``+https`` for TLS."""
    write_url: HttpUrl = ""
    """Where lines go when it is elsewhere: of a cluster of VictoriaMetrics ``http://vminsert:8480/insert/0/influx``."""
    read_url: HttpUrl = ""
    """Where questions go: of a cluster ``http://vmselect:8481/select/0/prometheus``."""
    flush_urls: tuple[HttpUrl, ...] = ()
    """Each vmstorage of a cluster: ``http://vmstorage-0:8482``; it is told to write down what it took."""
    token_file: PlacedPath | None = None
    """Holds a token, or with ``username`` a password."""
    username: str | None = None
    organisation: str = ""
    """Of InfluxDB 2."""
    write_api: Literal["v2", "v1"] = "v2"
    """``/api/v2/write``, or the ``/write`` of InfluxDB before 1.8."""
    retention: Retention = Retention()
    """Of the embedded store; other engines forget by their own rules."""
    lookback_days: Annotated[int, Field(ge=1, le=36_600)] = 400
    """VictoriaMetrics: how old a newest reading may be to be known after a start."""

    def settings(self) -> StoreSettings:
        """With the token out of its file.

        :raises ConfigError: the file cannot be read.
        """
        token = "" if self.token_file is None else read_secret(self.token_file, "store.token_file")
        account = Account(token, self.username or "", self.organisation)
        return StoreSettings(
            self.url,
            self.write_url,
            self.read_url,
            self.flush_urls,
            account,
            self.write_api == "v1",
            self.lookback_days,
        )

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.url == EMBEDDED:
            others = set(Store.model_fields) - {"url", "retention"}
            if given := sorted(others & self.model_fields_set):
                raise ValueError(f"{given[0]}: the embedded store has none; expected only together with a url")
        elif "retention" in self.model_fields_set:
            raise ValueError("retention: of the embedded store only; this engine forgets by its own rules")
        if self.url.startswith("influxdb") and self.flush_urls:
            raise ValueError("flush_urls: InfluxDB needs none")
        if self.username is not None and self.token_file is None:
            raise ValueError("username: expected together with token_file, which holds the password")
        return self


class Registry(_Section):
    """``[registry]``: where twins, neurons, gateways and keys are kept."""

    url: Annotated[str, AfterValidator(_sql_url)] = ""
    """``postgresql://user@host/database``, or another file of SQLite; nothing: SQLite in the data folder."""
    password_file: PlacedPath | None = None
    """Holds PostgreSQL's password, so that the URL need not."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.password_file is not None and not self.url.startswith("postgresql"):
            raise ValueError("password_file: expected only together with a url of postgresql://")
        return self


class Webhooks(_Section):
    """``[webhooks]``: where they may go although the address is private."""

    allow_targets: tuple[Target, ...] = ()
    """Networks (``10.1.0.0/16``) or ``host:port``."""


class Limits(_Section):
    """``[limits]``: bounds of what is taken in and kept."""

    body_bytes: Annotated[int, Field(ge=1024, le=64 * _MIB)] = _MIB
    """Of a request's body."""
    write_bytes: Annotated[int, Field(ge=1024, le=256 * _MIB)] = 10 * _MIB
    """Of a line protocol body, packed and unpacked."""
    quarantine_rows: Annotated[int, Field(ge=1)] = 100_000
    quarantine_bytes: Annotated[int, Field(ge=_MIB)] = 256 * _MIB
    picture_bytes: Annotated[int, Field(ge=1024, le=64 * _MIB)] = 4 * _MIB
    """Of one picture."""
    pictures_bytes: Annotated[int, Field(ge=_MIB)] = 2048 * _MIB
    """Of all pictures; beyond, the oldest go."""
    pictures_days: Annotated[int, Field(ge=1, le=3660)] = 30
    """After so many days a picture is deleted."""
    future_s: Annotated[int, Field(ge=0, le=86_400)] = 600
    """How far an observed time may lie ahead of our clock."""


class Commands(_Section):
    """``[commands]``: what is told to devices."""

    expires_s: Annotated[int, Field(ge=5, le=604_800)] = 300
    """How long a command may be carried out when who gives it does not say."""
    per_s: Annotated[float, Field(gt=0, le=10_000)] = 50.0
    """Of a group, so many go out each second: lamps by the thousand do not switch at once."""


def _gateway(text: str) -> str:
    return parse_gateway_id(text)


GatewayName = Annotated[str, AfterValidator(_gateway)]


class ThingsBoardDoor(_Section):
    """``[doors.thingsboard]``: ThingsBoard's MQTT topics, closed unless it is opened."""

    open: bool = False
    accounts: tuple[GatewayName, ...] = ()
    """Gateways that our own broker lets publish on ``v1/gateway/...``; each may below ``yz/v1/<gateway>/``."""
    device: GatewayName | None = None
    """The one gateway that may publish on ``v1/devices/me/...``, where nothing else says whose it is."""


class SparkplugDoor(_Section):
    """``[doors.sparkplug]``: a Sparkplug B host application, closed unless it is opened."""

    open: bool = False
    accounts: tuple[GatewayName, ...] = ()
    """Gateways that our own broker lets publish births and data below ``spBv1.0/``."""
    host_id: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._-]*$")] = "yingzhou"
    """Its name in ``spBv1.0/STATE/<host_id>``; empty: it says no state."""


class Doors(_Section):
    """``[doors]``: what else comes in over MQTT."""

    thingsboard: ThingsBoardDoor = ThingsBoardDoor()
    sparkplug: SparkplugDoor = SparkplugDoor()


class HomeAssistant(_Section):
    """``[home_assistant]``: datastreams as sensors of Home Assistant (MQTT discovery), on a broker of yours."""

    url: Annotated[str, Field(pattern=r"^(mqtts?://[A-Za-z0-9._\[\]:%-]+)?$")] = ""
    """``mqtt://host:port`` or ``mqtts://``; empty: nothing is told."""
    username: str | None = None
    password_file: PlacedPath | None = None
    ca_file: PlacedPath | None = None
    """PEM; with mqtts, instead of the system's certificates."""
    discovery_prefix: TopicPart = "homeassistant"
    topic: TopicPart = "yingzhou"
    """Below it are the states, and ``<topic>/status``."""
    kinds: tuple[str, ...] = ()
    """Only neurons of these; empty: all."""
    towns: tuple[Annotated[str, Field(pattern=r"^[0-9]{9}$")], ...] = ()
    """Likewise."""
    most: Annotated[int, Field(ge=1, le=20_000)] = 2_000
    """Sensors; those that were registered later are left out, and counted."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file: expected both or neither")
        if self.ca_file is not None and not self.url.startswith("mqtts:"):
            raise ValueError("ca_file: expected only together with a url of mqtts://")
        return self


class Process(_Section):
    """``[process]``: which part of the cloud this is."""

    role: Literal["all", "ingest", "api"] = "all"
    """``ingest``: one of several workers; ``api``: the one process beside them with API, alarms and console."""


class CloudConfig(_Section):
    """The whole file; every section and key may be left out."""

    api: Api = Api()
    data: Data = Data()
    broker: Broker = Broker()
    store: Store = Store()
    registry: Registry = Registry()
    webhooks: Webhooks = Webhooks()
    limits: Limits = Limits()
    commands: Commands = Commands()
    doors: Doors = Doors()
    home_assistant: HomeAssistant = HomeAssistant()
    process: Process = Process()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.process.role != "all":
            wants = {
                "broker.url": bool(self.broker.url),
                "store.url": self.store.url != EMBEDDED,
                "registry.url": self.registry.url.startswith("postgresql"),
            }
            missing = [key for key, there in wants.items() if not there]
            if missing:
                raise ValueError(
                    f"process.role: {self.process.role!r}: expected together with {', '.join(missing)} "
                    "of a server that all processes reach"
                )
        return self

    @property
    def registry_url(self) -> str:
        """Where the registry is, default filled in.

        :raises ConfigError: the file with its password cannot be read.
        """
        url, file = self.registry.url, self.registry.password_file
        if file is not None:
            secret = read_secret(file, "registry.password_file")
            return make_url(url).set(password=secret).render_as_string(hide_password=False)
        return url or f"sqlite:///{self.data.dir.absolute() / 'registry.sqlite'}"


def load(path: Path, *, role: str | None = None) -> CloudConfig:
    """Read and check the file; secrets are not opened.

    :param role: instead of the file's ``process.role``: several processes may have one file.
    :raises ConfigError: one line per fault, ``file:line: key: what was found: what is allowed``.
    """
    file = ConfigFile.read(path, MAX_CONFIG)
    if isinstance(data := file.table.setdefault("data", {}), dict):
        data.setdefault("dir", "data")  # the default, too, counts from the file's folder
    if role is not None and isinstance(process := file.table.setdefault("process", {}), dict):
        process["role"] = role
    try:
        # by way of JSON, whose strict mode knows that arrays are tuples and texts are paths
        return CloudConfig.model_validate_json(json.dumps(file.table, default=str), context={"base": path.parent})
    except ValidationError as error:
        raise file.refuse([_fault(one) for one in error.errors(include_url=False)]) from None


def _fault(fault: ErrorDetails) -> Fault:
    allowed = fault["msg"]
    if fault["type"] == "extra_forbidden":
        allowed = f"no such key; {_allowed(fault['loc'])}"
    return Fault(fault["loc"], fault["input"], allowed)


def _allowed(loc: tuple[str | int, ...]) -> str:
    model: type[BaseModel] = CloudConfig
    for part in loc[:-1]:
        field = model.model_fields.get(str(part))
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            break
        model = field.annotation
    return "expected one of " + ", ".join(model.model_fields)
