"""Commands to neurons, and configurations of gateways from afar."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "command",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("group", sa.String(length=40), nullable=True),
        sa.Column("twin", sa.String(length=16), nullable=True),
        sa.Column("neuron", sa.String(length=13), nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("desired", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("next_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'applied', 'failed', 'refused', 'expired', 'superseded')",
            name=op.f("ck_command_state"),
        ),
        sa.ForeignKeyConstraint(["twin"], ["twin.code"], name=op.f("fk_command_twin")),
        sa.ForeignKeyConstraint(["neuron"], ["neuron.id"], name=op.f("fk_command_neuron")),
        sa.ForeignKeyConstraint(["gateway"], ["gateway.id"], name=op.f("fk_command_gateway")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_command")),
        sa.UniqueConstraint("id", name=op.f("uq_command_id")),
        sa.UniqueConstraint("neuron", "version", name=op.f("uq_command_neuron_version")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_command_next_ms"), "command", ["next_ms"], unique=False)
    op.create_index(op.f("ix_command_group_number"), "command", ["group", "number"], unique=False)
    op.create_index(op.f("ix_command_gateway_state"), "command", ["gateway", "state"], unique=False)
    op.create_table(
        "configuration",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("next_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'trying', 'applied', 'refused', 'rolled_back', 'superseded')",
            name=op.f("ck_configuration_state"),
        ),
        sa.ForeignKeyConstraint(["gateway"], ["gateway.id"], name=op.f("fk_configuration_gateway")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_configuration")),
        sa.UniqueConstraint("id", name=op.f("uq_configuration_id")),
        sa.UniqueConstraint("gateway", "version", name=op.f("uq_configuration_gateway_version")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_configuration_next_ms"), "configuration", ["next_ms"], unique=False)
