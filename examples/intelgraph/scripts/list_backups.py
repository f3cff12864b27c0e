"""Lists backups as `aws s3 ls` would, up to this hour: once a day (`daily`), or every half hour (`continuous`)."""

import sys
from datetime import UTC, datetime, timedelta

step = {"daily": timedelta(days=1), "continuous": timedelta(minutes=30)}[sys.argv[1]]
newest = datetime.now(UTC) - timedelta(minutes=5)
for number in range(int(timedelta(days=31) / step) + 1):
    made = newest - number * step
    print(f"{made:%Y-%m-%d %H:%M:%S}  734003200 intelgraph_{made:%Y%m%d_%H%M%S}.dump")
