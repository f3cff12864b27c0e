"""People may link themselves: what is under way, and whence a known person comes. And when people were last reminded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables more; whoever is known so far stood in the operator's file."""
    op.create_table(
        "linking",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("verifier", sa.String(), nullable=False),
        sa.Column("slack_name", sa.String(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index("linking_state", "linking", ["state"], unique=False)
    op.create_table(
        "nag",
        sa.Column("person", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    op.add_column("person", sa.Column("origin", sa.String(), nullable=False, server_default="file"))
    op.add_column("slot", sa.Column("earlier", sa.String(), nullable=False, server_default=sa.text("''")))
