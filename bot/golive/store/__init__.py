"""The record on disk: SQLModel tables, migrations, and the embedded Work adapter. The only importer of SQLAlchemy."""
