"""Alembic's entry: runs inside the connection that `migrate` opened."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import golive.store.tables

assert golive.store.tables  # noqa: S101  # imported for its tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, render_as_batch=True
)
context.run_migrations()
