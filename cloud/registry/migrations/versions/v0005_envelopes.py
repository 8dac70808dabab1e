"""The ledger of envelopes, for stores that have none of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of envelopes."""
    op.create_table(
        "envelope",
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "stream", "epoch", "sequence", name=op.f("pk_envelope")),
        sqlite_with_rowid=False,
    )
