"""Pictures of cameras."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of pictures."""
    op.create_table(
        "picture",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("neuron", sa.String(length=13), nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["neuron"], ["neuron.id"], name=op.f("fk_picture_neuron")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_picture")),
        sa.UniqueConstraint("sha256", "neuron", "time_ms", name=op.f("uq_picture_sha256_neuron_time_ms")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_picture_neuron_number"), "picture", ["neuron", "number"], unique=False)
    op.create_index(op.f("ix_picture_time_ms"), "picture", ["time_ms"], unique=False)
