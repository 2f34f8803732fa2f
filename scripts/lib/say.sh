# Messages of the scripts: where we are, what went wrong, what to do about it.
#
# Everything goes to standard error, because standard output belongs to what a script was asked
# for (a path, a token, a recording). Sourced, never run.
# shellcheck shell=bash

# say TEXT...: one line of progress.
say() {
    printf '%s\n' "$*" >&2
}

# step TEXT...: the beginning of something that takes a while.
step() {
    printf '==> %s\n' "$*" >&2
}

# warn TEXT...: it goes on, but somebody should know.
warn() {
    printf 'warning: %s\n' "$*" >&2
}

# die TEXT...: it can't go on.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# quietly LOG COMMAND...: runs a chatty command into a log, with a dot per second so that nobody
# thinks it hangs, and shows the log's end if it fails. The command stays in the foreground, where
# Ctrl-C reaches it.
quietly() {
    local log=$1 ticker status=0
    shift
    tick &
    ticker=$!
    "$@" >>"$log" 2>&1 || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    printf '\n' >&2
    if [[ $status -ne 0 ]]; then
        warn "$1 failed with status $status; the end of $log:"
        tail -n 30 "$log" >&2
    fi
    return "$status"
}

# tick: a dot per second, as long as the script lives that wants it.
tick() {
    while sleep 1 && kill -0 "$$" 2>/dev/null; do
        printf '.' >&2
    done
}

# await SECONDS WHAT COMMAND...: until the command succeeds; false, with a message, when the time
# is over. Nothing in the scripts waits otherwise, so every wait has a condition and a bound.
await() {
    local seconds=$1 what=$2
    shift 2
    local until=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= until)); then
            warn "$what: not so after $seconds s"
            return 1
        fi
        sleep 0.1
    done
}
