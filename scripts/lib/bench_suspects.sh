# The bench of suspects: how long the store takes to explain a range. Needs what scripts/bench has. Sourced,
# never run.
# shellcheck shell=bash

# bench_suspects: lines of figures, of a week of BENCH_STORE_DAY requests a day.
bench_suspects() {
    step "building the store and its load"
    build --bin bitville-store --example load
    local load=target/release/examples/load day=$((${BENCH_STORE_DAY:-100000} / SHARE)) back
    step "suspects: a week of $day requests a day"
    rm -rf "$WORK/store.data" "$WORK/batches"
    "$load" generate "$WORK/batches" "$day" 86000 >&2
    start_store
    store_send "$load" >/dev/null
    process_stop store 30
    for back in 1 2 3 4 5 6; do
        "$load" age "$(store_day)" "$WORK/store.data/$(date -u -d "$back days ago" +%F).db" "$back"
    done
    start_store
    local goal seconds name
    while read -r seconds goal name; do
        step "suspects of $name"
        suspects_asked "$seconds" | figure_value "suspects of $name of $((day * 7)) requests" ms "<=$goal"
    done <<'RANGES'
600 100 ten minutes
3600 1000 an hour
86400 1000 a day
259200 1000 three days
604800 1000 the week
RANGES
    process_stop store 30
}

# suspects_asked SECONDS: what questions took, in ms, a line each; each about a range of its own.
suspects_asked() {
    local now round to
    now=$(date +%s)
    for ((round = 0; round < 9; round++)); do
        to=$(((now - 1800 * round) * 1000000))
        # The token is not in the list of processes.
        curl --silent --show-error --fail --output "$WORK/suspects.json" --write-out '%{time_total}\n' \
            --config <(printf 'header = "Authorization: Bearer %s"\n' "$(cat "$WORK/read.token")") \
            "http://$STORE_QUERY/v1/suspects?from_at_us=$((to - $1 * 1000000))&to_at_us=$to" |
            awk '{ print $1 * 1000 }'
    done
}
