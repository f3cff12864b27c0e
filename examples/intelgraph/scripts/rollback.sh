#!/bin/sh
# Goes back to the version before; --triggers says when that happens by itself.
set -eu
[ "${1:-}" = --triggers ] || { echo "this example deploys nothing; say --triggers" >&2; exit 2; }
cat <<'END'
{"triggers": ["health", "latency", "objective", "functional"]}
END
