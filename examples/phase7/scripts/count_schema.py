"""Count what a schema file creates, as JSON. It stands for a query to the catalogue of the running database.

Grow it by a row of `COUNTED` for another kind of thing.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

COUNTED = {
    "tables": r"^CREATE TABLE ",
    "enumerations": r"^CREATE TYPE \w+ AS ENUM",
    "indexes": r"^CREATE (UNIQUE )?INDEX ",
}
"""What is counted → how a line begins that creates one."""

schema = Path(sys.argv[1]).read_text(encoding="utf-8")
print(json.dumps({what: len(re.findall(begins, schema, re.MULTILINE)) for what, begins in COUNTED.items()}))
