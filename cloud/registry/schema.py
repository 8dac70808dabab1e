"""The registry's tables; cloud/registry/migrations brings a database to this shape. Times are ms UTC."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

REVISION = Table(  # how often a part of the registry changed; updated first in each transaction, so it is also its lock
    "revision",
    METADATA,
    Column("part", String(16), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

TALLY = Table(  # running totals that must not be counted anew at each use
    "tally",
    METADATA,
    Column("name", String(48), primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

GATEWAY = Table(
    "gateway",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("credential_version", Integer, nullable=False),  # 0: no credentials yet
    Column("password_hash", String(72)),
    Column("overlap_until_ms", BigInteger),  # until then the previous version's HMAC key is accepted too
    Column("created_ms", BigInteger, nullable=False),
    Column("status", JSON(none_as_null=True)),  # the last up/status message
    Column("last_seen_ms", BigInteger),
)

TWIN = Table(
    "twin",
    METADATA,
    Column("code", String(16), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("name", String(200), nullable=False),
    Column("town", String(9)),
    Column("village", String(12)),
    Column("lon", Float),
    Column("lat", Float),
    Column("attributes", JSON, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Index(None, "town", "code"),
    Index(None, "kind", "code"),
)

TWIN_SERIAL = Table(
    "twin_serial",
    METADATA,
    Column("prefix", String(10), primary_key=True),  # 6-digit district + 4-digit category
    Column("next", Integer, nullable=False),
)

NEURON = Table(
    "neuron",
    METADATA,
    Column("id", String(13), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("name", String(200), nullable=False),
    Column("gateway", ForeignKey(GATEWAY.c.id)),
    Column("town", String(9)),
    Column("village", String(12)),
    Column("lon", Float),
    Column("lat", Float),
    Column("attributes", JSON, nullable=False),
    Column("revision", BigInteger, nullable=False),  # at which it, its hardware or its datastreams changed last
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Index(None, "revision"),
    Index(None, "gateway"),
    Index(None, "town", "id"),
    Index(None, "kind", "id"),
)

HARDWARE = Table(
    "hardware",
    METADATA,
    Column("scheme", String(16), primary_key=True),
    Column("value", String(64), primary_key=True),
    Column("neuron", ForeignKey(NEURON.c.id), nullable=False, index=True),
)

DATASTREAM = Table(
    "datastream",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("neuron", ForeignKey(NEURON.c.id), nullable=False),
    Column("observed", String(48), nullable=False),
    Column("channel", String(32), nullable=False),  # empty: none
    Column("unit", String(32), nullable=False),  # UCUM
    UniqueConstraint("neuron", "observed", "channel"),
    Index(None, "observed"),
    sqlite_autoincrement=True,  # the store knows readings by this number: it is never given twice
)

METRIC_NAME = Table(  # what a neuron's device calls a series of ours
    "metric_name",
    METADATA,
    Column("neuron", ForeignKey(NEURON.c.id), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("datastream", ForeignKey(DATASTREAM.c.id)),  # null: it is not wanted
    Column("unit", String(32)),  # in which the device writes it; null: as it says, or in the datastream's
)

BINDING = Table(
    "binding",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("neuron", ForeignKey(NEURON.c.id), nullable=False),
    Column("twin", ForeignKey(TWIN.c.code), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger),  # null: until further notice
    CheckConstraint("to_ms IS NULL OR to_ms > from_ms", name="order"),
    UniqueConstraint("neuron", "twin", "from_ms"),
    Index(None, "twin", "from_ms"),
    sqlite_autoincrement=True,
)

API_KEY = Table(
    "api_key",
    METADATA,
    Column("prefix", String(8), primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("scopes", JSON, nullable=False),  # of cloud.registry.keys.Scope
    Column("towns", JSON, nullable=False),  # 9-digit codes; empty: all of them
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    Column("revoked_ms", BigInteger),
)

SESSION = Table(
    "session",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)

QUARANTINE = Table(
    "quarantine",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("received_ms", BigInteger, nullable=False),
    Column("gateway", String(32), nullable=False),  # as the topic names it: it need not be registered
    Column("topic", String(200), nullable=False),
    Column("reason", String(48), nullable=False),
    Column("detail", Text, nullable=False),
    Column("source", String(100), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("dedupe", String(200), nullable=False, unique=True),
    Column("replayed_ms", BigInteger),
    Column("subject", String(96)),  # the one device that all of it is of; null: of several, or nobody knows
    Index(None, "reason"),
    Index(None, "gateway"),
    Index(None, "subject", "id"),
    sqlite_autoincrement=True,
)

DISCOVERED = Table(  # devices, and series of them, that came in by a door and have no place yet
    "discovered",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("door", String(16), nullable=False),
    Column("gateway", String(32), nullable=False),  # by which it came; empty: the door knows none
    Column("subject", String(96), nullable=False),  # hardware identity or neuron identifier
    Column("label", String(200), nullable=False),  # what its sender calls it
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("readings", BigInteger, nullable=False),
    Column("names", JSON, nullable=False),
    Column("names_left_out", BigInteger, nullable=False),  # readings whose names had no room
    UniqueConstraint("door", "gateway", "subject"),
    Index(None, "last_ms"),
    sqlite_autoincrement=True,
)

RULE = Table(
    "rule",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("observed", String(48), nullable=False),
    Column("kind", String(32)),  # only neurons of this kind; null: all
    Column("town", String(9)),  # only neurons of this town; null: all
    Column("neuron", ForeignKey(NEURON.c.id)),  # only this neuron; null: all
    Column("comparison", String(2), nullable=False),
    Column("threshold", Float, nullable=False),
    Column("deadband", Float, nullable=False),
    Column("priority", String(8), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("retired_ms", BigInteger),  # a rule that was deleted stays for the alarms that it raised
    CheckConstraint("comparison IN ('gt', 'lt')", name="comparison"),
    CheckConstraint("priority IN ('high', 'medium', 'low')", name="priority"),
    CheckConstraint("deadband >= 0", name="deadband"),
    sqlite_autoincrement=True,
)

ALARM = Table(  # one row per condition: a repetition counts up (ISA-18.2 §5)
    "alarm",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("rule", ForeignKey(RULE.c.id), nullable=False),
    Column("neuron", ForeignKey(NEURON.c.id), nullable=False),
    Column("datastream", ForeignKey(DATASTREAM.c.id), nullable=False),
    Column("twin", ForeignKey(TWIN.c.code)),
    Column("state", String(16), nullable=False),
    Column("raised_ms", BigInteger),
    Column("cleared_ms", BigInteger),
    Column("acknowledged_ms", BigInteger),
    Column("acknowledged_by", String(200)),
    Column("count", BigInteger, nullable=False),
    Column("value", Float),
    Column("observed_ms", BigInteger),
    Column("announced", Boolean, nullable=False),  # whether others were last told that it is active
    Column("shelved_until_ms", BigInteger),
    Column("shelved_by", String(200)),
    Column("shelved_reason", String(200)),
    Column("updated_ms", BigInteger, nullable=False),
    UniqueConstraint("rule", "datastream"),
    CheckConstraint("state IN ('active_unacked', 'active_acked', 'cleared_unacked', 'normal')", name="state"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)

EVENT = Table(  # what happened and is no number; unique by the envelope it came in and its place there
    "event",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("gateway", String(32), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("neuron", ForeignKey(NEURON.c.id)),  # null: the gateway's own
    Column("source", String(200), nullable=False),
    Column("kind", String(200), nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("data", JSON, nullable=False),
    UniqueConstraint("gateway", "epoch", "sequence", "place"),
    Index(None, "neuron", "number"),
    Index(None, "kind", "number"),
    sqlite_autoincrement=True,
)

COMMAND = Table(  # what a neuron's points shall be, and what became of it
    "command",
    METADATA,
    Column("number", Integer, primary_key=True),  # the order in which they were given
    Column("id", String(40), nullable=False, unique=True),
    Column("group", String(40)),  # given together; null: alone
    Column("twin", ForeignKey(TWIN.c.code)),  # whose wish it was; null: the neuron's own
    Column("neuron", ForeignKey(NEURON.c.id), nullable=False),
    Column("gateway", ForeignKey(GATEWAY.c.id), nullable=False),
    Column("version", BigInteger, nullable=False),  # rises with every command of a neuron
    Column("desired", JSON, nullable=False),  # series -> value
    Column("state", String(16), nullable=False),
    Column("given_by", String(200), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),  # not to be sent before
    Column("expires_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_ms", BigInteger),  # first
    Column("next_ms", BigInteger),  # when it is looked at again; null: it is over
    Column("ended_ms", BigInteger),  # by our clock
    Column("result", JSON(none_as_null=True)),  # the gateway's word: state, time, items, reason
    CheckConstraint(
        "state IN ('pending', 'sent', 'applied', 'failed', 'refused', 'expired', 'superseded')", name="state"
    ),
    UniqueConstraint("neuron", "version"),
    Index(None, "next_ms"),
    Index(None, "group", "number"),
    Index(None, "gateway", "state"),
    sqlite_autoincrement=True,
)

CONFIGURATION = Table(  # what a gateway shall be configured with from afar, and what became of it
    "configuration",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("gateway", ForeignKey(GATEWAY.c.id), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("toml", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("given_by", String(200), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_ms", BigInteger),
    Column("next_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Column("reason", Text, nullable=False),
    CheckConstraint(
        "state IN ('pending', 'sent', 'trying', 'applied', 'refused', 'rolled_back', 'superseded')", name="state"
    ),
    UniqueConstraint("gateway", "version"),
    Index(None, "next_ms"),
    sqlite_autoincrement=True,
)

PICTURE = Table(  # whose and of when; the files lie in the data folder by their hash
    "picture",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("neuron", ForeignKey(NEURON.c.id), nullable=False),
    Column("gateway", String(32), nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    UniqueConstraint("sha256", "neuron", "time_ms"),
    Index(None, "neuron", "number"),
    Index(None, "time_ms"),
    sqlite_autoincrement=True,
)

WEBHOOK = Table(
    "webhook",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("url", String(2000), nullable=False),
    Column("events", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("disabled_reason", String(200)),
    Column("held_until_ms", BigInteger),  # it asked to be left alone until then
    Column("version", Integer, nullable=False),  # its secret is derived from the master key, id and this
    Column("created_ms", BigInteger, nullable=False),
)

DELIVERY = Table(  # the outbox: a row is written in the transaction of the change that it tells of
    "delivery",
    METADATA,
    Column("number", Integer, primary_key=True),  # the order in which one alarm's events happened
    Column("id", String(40), nullable=False, unique=True),  # webhook-id of Standard Webhooks: the same over all retries
    Column("webhook", ForeignKey(WEBHOOK.c.id), nullable=False),
    Column("alarm", ForeignKey(ALARM.c.id)),
    Column("event", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_ms", BigInteger),  # null: no further attempt
    Column("state", String(16), nullable=False),
    CheckConstraint("state IN ('pending', 'delivered', 'failed', 'disabled')", name="state"),
    Index(None, "webhook", "state", "next_ms"),
    Index(None, "webhook", "alarm", "number"),
    Index(None, "webhook", "number"),
    sqlite_autoincrement=True,
)

ATTEMPT = Table(
    "attempt",
    METADATA,
    Column("delivery", ForeignKey(DELIVERY.c.number), primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1
    Column("at_ms", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("status", Integer),  # null: no answer
    Column("error", Text, nullable=False),  # empty: delivered
)

ENVELOPE = Table(  # which envelopes are stored, where the store itself cannot say so
    "envelope",
    METADATA,
    Column("gateway", String(32), primary_key=True),
    Column("stream", Integer, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("digest", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
HELD_RANGE = Table(  # older envelopes that are stored, without their digests
    "held_range",
    METADATA,
    Column("gateway", String(32), primary_key=True),
    Column("stream", Integer, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("first", BigInteger, primary_key=True),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
