#!/bin/sh
# Runs every suite, shows how each went, and adds up: what failed is told again at the end, and
# `N passed, N failed` is the last line.
set -eu

: "${SEED:?}" "${BIN:?}" "${FLAGS:?}"
ALL=${ALL:-0}
DEPTH=${DEPTH:-2}
SUITES=${SUITES:-}
export KEEL_SEED="$SEED" KEEL_DEPTH="$DEPTH" KEEL_ALL="$ALL"
passed=0
failed=0
logs=$(mktemp -d)
trap finish EXIT

echo "test: seed $SEED, depth $DEPTH, $([ "$ALL" = 1 ] && echo "every row" || echo "core set")," \
    "${SUITES:-every suite}"

# Whether a suite is asked for: SUITES='node,more of clusters' is some of them, nothing is all.
wanted() {
    case ",${SUITES:-$1}," in *",$1,"*) ;; *) return 1 ;; esac
}

# Adds a suite's own count, the last `N passed, N failed` it printed; none is a failure.
add() {
    name=$1 status=$2 log=$3 seconds=$4
    counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*$/\1 \2/p' "$log" | tail -n 1)
    good=${counts% *} bad=${counts#* }
    if [ -z "$counts" ]; then good=0 bad=1; fi
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    passed=$((passed + good)) failed=$((failed + bad))
    echo "test: $name: $good passed, $bad failed, $seconds s" | tee -a "$logs/counts"
    [ "$bad" -eq 0 ] || {
        grep -E '^FAIL|✘ Test' "$log" || tail -n 5 "$log"
    } | sed "s/^/$name: /" | cut -c 1-300 >>"$logs/failures"
}

suite() {
    name=$1
    shift
    wanted "$name" || return 0
    echo "test: $name"
    began=$(date +%s)
    # A file carries the status, because that of a pipe would be that of tee.
    rm -f "$logs/status" && status=0
    { "$@" 2>&1 || echo $? >"$logs/status"; } | tee "$logs/log"
    [ -f "$logs/status" ] && status=$(cat "$logs/status")
    add "$name" "$status" "$logs/log" $(($(date +%s) - began))
}

# Starts a suite that mostly waits, beside those that follow, until it is `joined`.
aside() {
    name=$1
    shift
    wanted "$name" || return 0
    echo "test: $name, beside the next"
    date +%s >"$logs/$name.began"
    "$@" >"$logs/$name" 2>&1 &
    echo $! >"$logs/$name.pid"
}

joined() {
    name=$1 status=0
    wanted "$name" || return 0
    wait "$(cat "$logs/$name.pid")" || status=$?
    rm "$logs/$name.pid"
    echo "test: $name"
    cat "$logs/$name"
    add "$name" "$status" "$logs/$name" $(($(date +%s) - $(cat "$logs/$name.began")))
}

# What still runs aside must not outlive us.
finish() {
    for one in "$logs"/*.pid; do
        [ ! -f "$one" ] || kill "$(cat "$one")" 2>/dev/null || true
    done
    rm -rf "$logs"
}

# Swift Testing says at its end how many tests ran; without that line the run came to no end. Told
# here in the form the others use.
swift_tests() {
    status=0
    # shellcheck disable=SC2086 # the flags are meant to be split
    swift test $FLAGS "$@" >"$logs/swift" 2>&1 || status=$?
    grep -E '✘|error:|↳ |simulator:|boot policy:|fuzz:|tidy:|recorded an issue|warning: unre' \
        "$logs/swift" | grep -v 'Testing Library\|Target Platform' | head -n 400 || true
    ran=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} in .*/\1/p' "$logs/swift" | tail -n 1)
    bad=$(grep -c '✘ Test ".*failed after' "$logs/swift" || true)
    if [ -z "$ran" ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
        tail -n 40 "$logs/swift"
        bad=$((bad + 1)) status=1
    fi
    echo "$((${ran:-$bad} - bad)) passed, $bad failed"
    return "$status"
}

# What is generated and committed must be what its source gives.
generated() {
    good=0 bad=0
    for check in "scripts/control.sh" "scripts/proto.sh" "python3 scripts/apidoc.py" \
        "python3 scripts/prove/prove.py" \
        "scripts/docs.sh $BIN/osctl"; do
        # shellcheck disable=SC2086 # the words are meant to be split
        if $check --check; then good=$((good + 1)); else bad=$((bad + 1)); fi
    done
    echo "$good passed, $bad failed"
    [ "$bad" -eq 0 ]
}

all_flag=$([ "$ALL" = 1 ] && echo --all || true)
# What talks over real connections has deadlines, and what weighs its own process has no neighbours:
# they run apart from what takes every core.
wire="APITests|AgentTests|OsctlTests|InitLinkTests|ArchiveTests.HostileTests"
suite "swift" swift_tests --skip "$wire"
suite "wire" swift_tests --no-parallel --filter "$wire"
# shellcheck disable=SC2086 # empty or one flag
aside "agent" python3 Tests/Agent/run.py --bin "$BIN" --seed "$SEED" $all_flag
if [ "$ALL" = 1 ]; then
    suite "boot loader" python3 bootloader/check.py
else
    suite "boot loader" python3 bootloader/check.py --sector-size 512 --only 'counts 3, 2, 1|equal SEQ'
fi
suite "generated" generated
# shellcheck disable=SC2086 # empty or one flag
suite "image" python3 Tests/Image/run.py --bin "$BIN" $all_flag
# shellcheck disable=SC2086 # empty or one flag
suite "system" python3 Tests/EndToEnd/run.py --bin "$BIN" --seed "$SEED" $all_flag
joined "agent"
# The core is asked once and must answer; in the rest trials that are to fail are mostly waited for.
# shellcheck disable=SC2086 # empty or one flag
suite "cluster" python3 Tests/Cluster/run.py --bin "$BIN" --seed "$SEED" --part core $all_flag
# shellcheck disable=SC2086 # empty or one flag
aside "more of clusters" python3 Tests/Cluster/run.py --bin "$BIN" --seed "$SEED" --part drawn \
    $all_flag
# shellcheck disable=SC2086 # empty or one flag
suite "node" python3 Tests/Node/run.py --bin "$BIN" --seed "$SEED" $all_flag
joined "more of clusters"
touch "$logs/counts"
cat "$logs/counts"
if [ -n "$SUITES" ] && [ "$(wc -l <"$logs/counts")" -ne "$(echo "$SUITES" | tr , '\n' | wc -l)" ]; then
    echo "test: not every suite of $SUITES is one"
    failed=$((failed + 1))
fi
[ ! -f "$logs/failures" ] || cat "$logs/failures"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
