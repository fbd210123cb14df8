#!/bin/sh
# Writes the reference of all commands in docs/osctl.md anew, from the commands' own help.
# usage: scripts/docs.sh OSCTL   (the program, as built)
set -eu
osctl=${1:?usage: scripts/docs.sh OSCTL}
page=$(dirname "$0")/../docs/osctl.md
mark="<!-- Written by scripts/docs.sh from the commands' own help. -->"
grep -qxF "$mark" "$page" || { echo "$page has lost its mark" >&2; exit 1; }
new=$(mktemp)
trap 'rm -f "$new"' EXIT
sed "/^<!-- Written by scripts\/docs.sh /q" "$page" > "$new"
{ echo; "$osctl" generate-docs; } >> "$new"
cat "$new" > "$page"
