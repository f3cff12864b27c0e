"""Indexes for what is asked again and again while ten thousand releases are open: none of it may walk through a table.

A door waits for whoever writes, so a statement of a writer that walks is a person who waits.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is owed to one subject, answers not sent yet, open releases of some repositories, and releases by number."""
    op.drop_index("due_subject", table_name="due")
    op.create_index("due_subject", "due", ["subject", "claimed", "at"])
    op.create_index("answer_owed", "answer", ["sent", "at"])
    op.create_index("release_open", "release", ["host", "repository", "open", "is_release", "full_name", "number"])
    op.create_index("release_number", "release", ["number"])
