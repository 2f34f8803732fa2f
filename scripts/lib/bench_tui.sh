# The bench of the console: what it costs on a terminal, beside lnav and htop on the same one. Needs what
# scripts/bench has. Sourced, never run.
# shellcheck shell=bash

# bench_tui: lines of figures. The store has a million requests of the last week; all of them are in range.
bench_tui() {
    step "building the console, the store, their load and what measures"
    build --bin bitville-store --bin bitville-tui --example load --example console
    local load=target/release/examples/load day=$((${BENCH_TUI_DAY:-143000} / SHARE))
    store_week "$load" "$day"
    start_store
    local console=(target/release/bitville-tui --url "http://$STORE_QUERY" --token-file "$WORK/read.token")
    step "tui: the console, with $((day * 7)) requests in range"
    tui_measure "$WORK/tui.ours" data="captured requests" starts=$((10 / SHARE)) still=" " idle=$((60 / SHARE)) \
        prepare=2 list="by wall time" down=j up=k moves=$((1000 / SHARE)) -- "${console[@]}" --range 7d
    step "tui: the console, while requests come"
    tui_trickle "$load" &
    local trickle=$!
    tui_measure "$WORK/tui.live" data="captured requests" live=$((60 / SHARE)) -- "${console[@]}" --range 15m
    kill "$trickle" 2>/dev/null || true
    wait "$trickle" 2>/dev/null || true
    process_stop store 30
    tui_others
    tui_figure first_frame_ms "to the first frame" ms "<=100"
    tui_figure data_ms "to the data" ms "<=300"
    tui_figure key_p99_ms "a move of the cursor, p99" ms "<=16"
    tui_figure move_bytes "a move of the cursor" B "<=400"
    tui_value live tick_bytes | figure_value "a frame while records come" B "<=4000"
    tui_figure idle_bytes "while nothing changes" B "<=0"
    tui_figure resident_mib "resident" MiB "<=60"
}

# tui_trickle LOAD: sends a few requests again and again, as they come from a site that is up.
tui_trickle() {
    while sleep 1; do
        rm -rf "$WORK/batches"
        "$1" generate "$WORK/batches" 100 1 >/dev/null 2>&1
        store_send "$1" >/dev/null || return 0
    done
}

# tui_others: lnav on a log of a million lines, and htop on this machine. They stand beside ours, with no goal.
tui_others() {
    step "tui: lnav and htop"
    : >"$WORK/tui.lnav"
    : >"$WORK/tui.htop"
    if apt_want lnav=lnav; then
        awk -v n=$((1000000 / SHARE)) 'BEGIN {
            for (i = 0; i < n; i++)
                printf "2026-11-23T%02d:%02d:%02d.%03dZ INFO POST /checkout took %d ms\n", \
                    i / 41667, i / 695 % 60, i / 12 % 60, i % 1000, i * 7919 % 1000
        }' >"$WORK/lines.log"
        tui_measure "$WORK/tui.lnav" data="POST /checkout" starts=$((10 / SHARE)) idle=$((60 / SHARE)) list="POST /" \
            down=k up=j moves=$((1000 / SHARE)) -- env HOME="$WORK" lnav "$WORK/lines.log"
    else
        say "SKIPPED: no lnav to compare with"
    fi
    if apt_want htop=htop; then
        tui_measure "$WORK/tui.htop" data="PID" starts=$((10 / SHARE)) idle=$((60 / SHARE)) list="PID" \
            down=$'\e[B' up=$'\e[A' moves=$((1000 / SHARE)) -- env HOME="$WORK" htop
    else
        say "SKIPPED: no htop to compare with"
    fi
    rm -f "$WORK/lines.log"
}

# tui_measure FILE OPTION... -- PROGRAM...: its figures, a line each. What can't be measured is left out.
tui_measure() {
    local file=$1
    shift
    target/release/examples/console "$@" >"$file" 2>"$file.errors" ||
        warn "not all could be measured: $(grep -m 1 -v '^$' "$file.errors")"
}

# tui_figure NAME WORDS UNIT GOAL: ours, judged, and the others' beside it.
tui_figure() {
    local ours theirs other
    ours=$(tui_value ours "$1")
    [[ -n $ours ]] || die "tui: no $1"
    printf '%s\n' "$ours" | figure_value "$2" "$3" "$4"
    for other in lnav htop; do
        theirs=$(tui_value "$other" "$1")
        [[ -z $theirs ]] || printf '%s\n' "$theirs" | figure_value "$2: $other" "$3" ""
    done
}

# tui_value WHOSE NAME: a figure, or nothing.
tui_value() {
    awk -v name="$2" '$1 == name { print $2 }' "$WORK/tui.$1"
}
