"""Where our App is installed and how that stands, what became of repositories, who sees which, and how far a sweep came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three tables, and two columns; a repository of before is reached, and whether it is private is not known yet."""
    op.create_table(
        "installation",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", "number"),
    )
    op.create_table(
        "sight",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("repository", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sees", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", "repository", "person"),
    )
    op.create_table(
        "mark",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("repository", sa.Column("state", sa.String(), nullable=False, server_default=sa.text("'active'")))
    op.add_column("repository", sa.Column("private", sa.Boolean(), nullable=True))
