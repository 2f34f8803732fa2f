# Starts processes in the background and ends exactly those again.
#
# Each has a file PIDS_DIR/NAME with "pid start-time signal". The start time is the kernel's, in
# ticks since boot: a pid that was given to somebody else has another one, so a stranger is never
# signalled. Every process leads a process group of its own, which makes it immune to Ctrl-C at
# the terminal and lets its children be ended with it. Needs say.sh. Sourced, never run.
# shellcheck shell=bash

# process_start NAME SIGNAL LOG COMMAND...: starts it; SIGNAL is what makes it end in order.
process_start() {
    local name=$1 signal=$2 log=$3 pid
    shift 3
    setsid "$@" </dev/null >>"$log" 2>&1 &
    pid=$!
    printf '%s %s %s\n' "$pid" "$(process_start_time "$pid")" "$signal" >"$PIDS_DIR/$name"
}

# process_start_time PID: the kernel's, or 0 if there is no such process (any more).
process_start_time() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || {
        printf '0\n'
        return
    }
    # The second field is the command in parentheses and may hold blanks; count from behind it.
    stat=${stat##*) }
    # shellcheck disable=SC2086 # Splitting is meant: field 22 of the line is field 20 of the rest.
    set -- $stat
    # A zombie has ended; only nobody has asked for its status yet.
    if [[ $1 == Z ]]; then printf '0\n'; else printf '%s\n' "${20}"; fi
}

# process_pid NAME: its pid if it is alive, else nothing and false.
process_pid() {
    local pid started signal
    [[ -r $PIDS_DIR/$1 ]] || return 1
    read -r pid started signal <"$PIDS_DIR/$1" || return 1
    [[ -n $signal && $started != 0 && $(process_start_time "$pid") == "$started" ]] || return 1
    printf '%s\n' "$pid"
}

process_alive() {
    process_pid "$1" >/dev/null
}

process_gone() {
    ! process_alive "$1"
}

# process_await NAME LOG SECONDS COMMAND...: until the command succeeds. If the process ends first
# or the time is over, shows the end of its log and fails.
process_await() {
    local name=$1 log=$2 seconds=$3
    shift 3
    if await "$seconds" "$name" process_ready_or_gone "$name" "$@" && process_alive "$name"; then
        return 0
    fi
    process_alive "$name" || warn "$name has ended"
    warn "the end of $log:"
    tail -n 20 "$log" >&2
    return 1
}

process_ready_or_gone() {
    local name=$1
    shift
    process_gone "$name" || "$@"
}

# process_stop NAME SECONDS: asks it to end, awaits that, and kills its group if it does not.
process_stop() {
    local name=$1 seconds=$2 pid started signal
    [[ -r $PIDS_DIR/$name ]] || return 0
    # A file that was cut short names nobody.
    read -r pid started signal <"$PIDS_DIR/$name" || true
    if process_alive "$name"; then
        kill -s "$signal" "$pid" 2>/dev/null || true
        if ! await "$seconds" "end of $name" process_gone "$name"; then
            kill -s KILL -- "-$pid" 2>/dev/null || true
            await 10 "end of $name after KILL" process_gone "$name" ||
                die "$name (pid $pid, started at $started) can't be ended"
        fi
    fi
    # If the leader died alone, its workers are still there. While they are, the kernel gives the
    # number to nobody else, so the group of a leader that is gone (or a zombie) is ours.
    if [[ -n ${pid:-} && $(process_start_time "$pid") == 0 ]]; then
        kill -s KILL -- "-$pid" 2>/dev/null || true
    fi
    rm -f "$PIDS_DIR/$name"
}
