# The bench of suspects: how long the store takes to explain a range. Needs what scripts/bench has. Sourced,
# never run.
# shellcheck shell=bash

# bench_suspects: lines of figures, of a week of BENCH_STORE_DAY requests a day.
bench_suspects() {
    step "building the store and its load"
    build --bin bitville-store --example load
    local load=target/release/examples/load day=$((${BENCH_STORE_DAY:-100000} / SHARE))
    step "suspects: a week of $day requests a day"
    store_week "$load" "$day"
    start_store
    local goal seconds name
    while read -r seconds goal name; do
        step "suspects of $name"
        suspects_asked "$seconds" 1800 | figure_value "suspects of $name of $((day * 7)) requests" ms "<=$goal"
    done <<'RANGES'
600 100 ten minutes
3600 1000 an hour
86400 1000 a day
259200 1000 three days
604800 1000 the week
RANGES
    process_stop store 30
    suspects_dense "$load"
}

# suspects_dense LOAD: ten minutes and the forty before them where requests come as ten million in a week do.
suspects_dense() {
    step "suspects where requests are dense"
    rm -rf "$WORK/store.data" "$WORK/batches"
    "$1" generate "$WORK/batches" $((100000 / SHARE)) $((6000 / SHARE)) >&2
    start_store
    store_send "$1" >/dev/null
    rm -rf "$WORK/batches"
    suspects_asked $((600 / SHARE)) $((300 / SHARE)) |
        figure_value "suspects of ten minutes, ten million requests a week" ms "<=100"
    process_stop store 30
}

# suspects_asked SECONDS STEP: what questions took, in ms, a line each; each about a range of its own, so many seconds
# before the last.
suspects_asked() {
    local now round to
    now=$(date +%s)
    for ((round = 0; round < 9; round++)); do
        to=$(((now - $2 * round) * 1000000))
        # The token is not in the list of processes.
        curl --silent --show-error --fail --output "$WORK/suspects.json" --write-out '%{time_total}\n' \
            --config <(printf 'header = "Authorization: Bearer %s"\n' "$(cat "$WORK/read.token")") \
            "http://$STORE_QUERY/v1/suspects?from_at_us=$((to - $1 * 1000000))&to_at_us=$to" |
            awk '{ print $1 * 1000 }'
    done
}
