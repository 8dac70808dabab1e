"""The first shape of the registry."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "api_key",
        sa.Column("prefix", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("towns", sa.JSON(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_api_key")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_key_sha256")),
    )
    op.create_table(
        "gateway",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("credential_version", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=72), nullable=True),
        sa.Column("overlap_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("last_seen_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=48), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("dedupe", sa.String(length=200), nullable=False),
        sa.Column("replayed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_quarantine_dedupe")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_quarantine_gateway"), "quarantine", ["gateway"], unique=False)
    op.create_index(op.f("ix_quarantine_reason"), "quarantine", ["reason"], unique=False)
    op.create_table(
        "revision",
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_revision")),
    )
    op.create_table(
        "session",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_session")),
    )
    op.create_table(
        "tally",
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tally")),
    )
    op.create_table(
        "twin",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("town", sa.String(length=9), nullable=True),
        sa.Column("village", sa.String(length=12), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_twin")),
    )
    op.create_index(op.f("ix_twin_kind_code"), "twin", ["kind", "code"], unique=False)
    op.create_index(op.f("ix_twin_town_code"), "twin", ["town", "code"], unique=False)
    op.create_table(
        "twin_serial",
        sa.Column("prefix", sa.String(length=10), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_twin_serial")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(length=200), nullable=True),
        sa.Column("held_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "neuron",
        sa.Column("id", sa.String(length=13), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=True),
        sa.Column("town", sa.String(length=9), nullable=True),
        sa.Column("village", sa.String(length=12), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["gateway"], ["gateway.id"], name=op.f("fk_neuron_gateway")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_neuron")),
    )
    op.create_index(op.f("ix_neuron_gateway"), "neuron", ["gateway"], unique=False)
    op.create_index(op.f("ix_neuron_kind_id"), "neuron", ["kind", "id"], unique=False)
    op.create_index(op.f("ix_neuron_revision"), "neuron", ["revision"], unique=False)
    op.create_index(op.f("ix_neuron_town_id"), "neuron", ["town", "id"], unique=False)
    op.create_table(
        "binding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("neuron", sa.String(length=13), nullable=False),
        sa.Column("twin", sa.String(length=16), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("to_ms IS NULL OR to_ms > from_ms", name=op.f("ck_binding_order")),
        sa.ForeignKeyConstraint(["neuron"], ["neuron.id"], name=op.f("fk_binding_neuron")),
        sa.ForeignKeyConstraint(["twin"], ["twin.code"], name=op.f("fk_binding_twin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding")),
        sa.UniqueConstraint("neuron", "twin", "from_ms", name=op.f("uq_binding_neuron_twin_from_ms")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_binding_twin_from_ms"), "binding", ["twin", "from_ms"], unique=False)
    op.create_table(
        "datastream",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("neuron", sa.String(length=13), nullable=False),
        sa.Column("observed", sa.String(length=48), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["neuron"], ["neuron.id"], name=op.f("fk_datastream_neuron")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datastream")),
        sa.UniqueConstraint("neuron", "observed", "channel", name=op.f("uq_datastream_neuron_observed_channel")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_datastream_observed"), "datastream", ["observed"], unique=False)
    op.create_table(
        "hardware",
        sa.Column("scheme", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("neuron", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(["neuron"], ["neuron.id"], name=op.f("fk_hardware_neuron")),
        sa.PrimaryKeyConstraint("scheme", "value", name=op.f("pk_hardware")),
    )
    op.create_index(op.f("ix_hardware_neuron"), "hardware", ["neuron"], unique=False)
    op.create_table(
        "rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("observed", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("town", sa.String(length=9), nullable=True),
        sa.Column("neuron", sa.String(length=13), nullable=True),
        sa.Column("comparison", sa.String(length=2), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("deadband", sa.Float(), nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("retired_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("comparison IN ('gt', 'lt')", name=op.f("ck_rule_comparison")),
        sa.CheckConstraint("priority IN ('high', 'medium', 'low')", name=op.f("ck_rule_priority")),
        sa.CheckConstraint("deadband >= 0", name=op.f("ck_rule_deadband")),
        sa.ForeignKeyConstraint(["neuron"], ["neuron.id"], name=op.f("fk_rule_neuron")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("neuron", sa.String(length=13), nullable=False),
        sa.Column("datastream", sa.Integer(), nullable=False),
        sa.Column("twin", sa.String(length=16), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=True),
        sa.Column("cleared_ms", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_ms", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("observed_ms", sa.BigInteger(), nullable=True),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("shelved_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("shelved_by", sa.String(length=200), nullable=True),
        sa.Column("shelved_reason", sa.String(length=200), nullable=True),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('active_unacked', 'active_acked', 'cleared_unacked', 'normal')", name=op.f("ck_alarm_state")
        ),
        sa.ForeignKeyConstraint(["datastream"], ["datastream.id"], name=op.f("fk_alarm_datastream")),
        sa.ForeignKeyConstraint(["neuron"], ["neuron.id"], name=op.f("fk_alarm_neuron")),
        sa.ForeignKeyConstraint(["rule"], ["rule.id"], name=op.f("fk_alarm_rule")),
        sa.ForeignKeyConstraint(["twin"], ["twin.code"], name=op.f("fk_alarm_twin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("rule", "datastream", name=op.f("uq_alarm_rule_datastream")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alarm_state"), "alarm", ["state"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("webhook", sa.String(length=40), nullable=False),
        sa.Column("alarm", sa.Integer(), nullable=True),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'failed', 'disabled')", name=op.f("ck_delivery_state")),
        sa.ForeignKeyConstraint(["alarm"], ["alarm.id"], name=op.f("fk_delivery_alarm")),
        sa.ForeignKeyConstraint(["webhook"], ["webhook.id"], name=op.f("fk_delivery_webhook")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_delivery")),
        sa.UniqueConstraint("id", name=op.f("uq_delivery_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_delivery_webhook_alarm_number"), "delivery", ["webhook", "alarm", "number"], unique=False)
    op.create_index(op.f("ix_delivery_webhook_number"), "delivery", ["webhook", "number"], unique=False)
    op.create_index(
        op.f("ix_delivery_webhook_state_next_ms"), "delivery", ["webhook", "state", "next_ms"], unique=False
    )
    op.create_table(
        "attempt",
        sa.Column("delivery", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.number"], name=op.f("fk_attempt_delivery")),
        sa.PrimaryKeyConstraint("delivery", "number", name=op.f("pk_attempt")),
    )
