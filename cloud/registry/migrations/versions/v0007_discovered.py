"""Devices that nobody knows yet, and what known ones call their series."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of discovered devices and of metric names; quarantine says of which device something is."""
    op.create_table(
        "metric_name",
        sa.Column("neuron", sa.String(length=13), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("datastream", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["neuron"], ["neuron.id"], name=op.f("fk_metric_name_neuron")),
        sa.ForeignKeyConstraint(["datastream"], ["datastream.id"], name=op.f("fk_metric_name_datastream")),
        sa.PrimaryKeyConstraint("neuron", "name", name=op.f("pk_metric_name")),
    )
    op.create_table(
        "discovered",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("door", sa.String(length=16), nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=96), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("readings", sa.BigInteger(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("names_left_out", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovered")),
        sa.UniqueConstraint("door", "gateway", "subject", name=op.f("uq_discovered_door_gateway_subject")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_discovered_last_ms"), "discovered", ["last_ms"], unique=False)
    op.add_column("quarantine", sa.Column("subject", sa.String(length=96), nullable=True))
    op.create_index(op.f("ix_quarantine_subject_id"), "quarantine", ["subject", "id"], unique=False)
