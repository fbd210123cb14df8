#!/bin/sh
# Makes the C of the control socket's messages from their proto again. With --check nothing is
# written: it ends with 1 when the C that is committed is not what the proto gives.
set -eu

cd "$(dirname "$0")/../Sources/Shims/CControl"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

protoc-c --c_out="$made" control.proto

if [ "${1:-}" = --check ]; then
    for pair in control.pb-c.c:control.pb-c.c control.pb-c.h:include/control.pb-c.h; do
        if ! cmp -s "$made/${pair%:*}" "${pair#*:}"; then
            echo "control: ${pair#*:} is not what control.proto gives; run scripts/control.sh" >&2
            exit 1
        fi
    done
    exit 0
fi

cp "$made/control.pb-c.c" control.pb-c.c
cp "$made/control.pb-c.h" include/control.pb-c.h
