"""Answers of the forge and its encrypted tokens are kept; what a release listens to; when a slot was written, and its gist."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables that may be emptied at any time, and three columns; a release of before listens to everything."""
    op.create_table(
        "kept_answer",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("installation", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("modified", sa.String(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("kept_answer_installation", "kept_answer", ["host", "installation"], unique=False)
    op.create_index("kept_answer_used", "kept_answer", ["used_at"], unique=False)
    op.create_table(
        "forge_token",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("installation", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", "installation"),
    )
    op.add_column("release", sa.Column("watches", sa.Text(), nullable=False, server_default=sa.text("'*'")))
    op.add_column("slot", sa.Column("gist", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("slot", sa.Column("written_at", sa.BigInteger(), nullable=True))
