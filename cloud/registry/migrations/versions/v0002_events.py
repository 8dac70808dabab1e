"""Events: what happened and is no number."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of events."""
    op.create_table(
        "event",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("neuron", sa.String(length=13), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["neuron"], ["neuron.id"], name=op.f("fk_event_neuron")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event")),
        sa.UniqueConstraint(
            "gateway", "epoch", "sequence", "place", name=op.f("uq_event_gateway_epoch_sequence_place")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_neuron_number"), "event", ["neuron", "number"], unique=False)
    op.create_index(op.f("ix_event_kind_number"), "event", ["kind", "number"], unique=False)
