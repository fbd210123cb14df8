#!/bin/sh
# Writes the reference of all commands in docs/osctl.md anew, from the commands' own help;
# with --check compares only.
# usage: scripts/docs.sh OSCTL [--check]   (the program, as built)
set -eu
osctl=${1:?usage: scripts/docs.sh OSCTL [--check]}
page=$(dirname "$0")/../docs/osctl.md
mark="<!-- Written by scripts/docs.sh from the commands' own help. -->"
grep -qxF "$mark" "$page" || { echo "$page has lost its mark" >&2; exit 1; }
new=$(mktemp)
trap 'rm -f "$new"' EXIT
sed "/^<!-- Written by scripts\/docs.sh /q" "$page" > "$new"
{ echo; "$osctl" generate-docs; } >> "$new"
if [ "${2:-}" = --check ]; then
    diff -u "$page" "$new" || { echo "docs/osctl.md is old: run scripts/docs.sh OSCTL" >&2; exit 1; }
else
    cat "$new" > "$page"
fi
