"""Lists a week of daily backups as `aws s3 ls` would."""

from datetime import UTC, datetime, timedelta

newest = datetime.now(UTC) - timedelta(hours=2)
for number in range(7):
    made = newest - number * timedelta(days=1)
    print(f"{made:%Y-%m-%d %H:%M:%S}  167772160 ordinaut_{made:%Y%m%d_%H%M%S}.dump")
