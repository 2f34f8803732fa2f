# The bench of forwarding: messages with a receipt a second, and what it does to ingest. Needs what
# scripts/bench has. Sourced, never run.
# shellcheck shell=bash

# bench_gelf: lines of figures. Sender and receiver have a core each.
bench_gelf() {
    step "building the store, its load and a receiver"
    build --bin bitville-store --example load --example graylog
    local load=target/release/examples/load records=$((200000 / SHARE)) runs=3 run
    local few=$((20000 / SHARE)) samples=$WORK/gelf.samples
    [[ $SHARE -eq 1 ]] || runs=1
    rm -rf "$WORK/store.data" "$WORK/batches"
    "$load" entries "$WORK/batches" "$records" >&2
    start_store
    store_send "$load" >/dev/null
    process_stop store 30
    step "gelf: the same messages for the other senders"
    gelf_dump "$records"
    head -n "$few" "$WORK/gelf.out" >"$WORK/gelf.few"
    gelf_senders
    : >"$samples"
    for ((run = 1; run <= runs; run++)); do
        step "gelf: three senders, run $run of $runs"
        # Another destination begins with the first record.
        gelf_receive "$records" gelf_forward "run$run" >"$WORK/gelf.ours"
        gelf_receive "$few" gelf_node >"$WORK/gelf.node"
        gelf_receive "$few" gelf_python >"$WORK/gelf.python"
        paste -d ' ' "$WORK"/gelf.{ours,node,python} >>"$samples"
    done
    local name="messages with a receipt, from disk, one core"
    figure_value "$name" "1/s" ">=100000" <"$samples"
    figure_ratio "$name" "1/s" "gelf-pro, no receipt" 2 ">=10" <"$samples"
    figure_ratio "$name" "1/s" "pygelf, no receipt" 3 ">=10" <"$samples"
    gelf_ingest "$load"
}

# gelf_settings ADDRESS DESTINATION: has the next store forward there.
gelf_settings() {
    printf '[graylog]\nenabled = on\nservers = tcp://%s\ndestination = %s\nreplay_rate = 0\n' \
        "$1" "$2" >"$WORK/gelf.ini"
}

# gelf_receiver OPTION...: starts it on a core of its own; GELF_ADDRESS is where it listens.
gelf_receiver() {
    : >"$WORK/gelf.log"
    process_start graylog TERM "$WORK/gelf.log" taskset -c 1 target/release/examples/graylog \
        --out "$WORK/gelf.out" "$@"
    process_await graylog "$WORK/gelf.log" 10 grep -q '^listening' "$WORK/gelf.log"
    GELF_ADDRESS=$(sed -n 's/^listening at //p' "$WORK/gelf.log")
}

# gelf_dump RECORDS: all messages, as the store sends them, into gelf.out.
gelf_dump() {
    rm -f "$WORK/gelf.out"
    gelf_receiver
    gelf_settings "$GELF_ADDRESS" dump
    start_store
    # shellcheck disable=SC2016 # The inner shell expands it.
    process_await store "$WORK/store.log" 120 bash -c '[[ $(wc -l <"$1") -ge $2 ]]' _ "$WORK/gelf.out" "$1"
    process_stop store 30
    process_stop graylog 10
}

# gelf_receive FRAMES SENDER...: how many frames a second a receiver got from that sender.
gelf_receive() {
    local frames=$1
    shift
    gelf_receiver --discard --until "$frames"
    "$@"
    # shellcheck disable=SC2016 # The inner shell expands it.
    timeout 300 bash -c 'until grep -q ^frames_per_s "$1"; do sleep 0.05; done' _ "$WORK/gelf.log" ||
        die "the receiver did not get $frames frames from $1"
    process_stop store 30 || true
    sed -n 's/^frames_per_s //p' "$WORK/gelf.log"
}

gelf_forward() {
    gelf_settings "$GELF_ADDRESS" "$1"
    STORE_BEHIND="taskset -c 0" start_store
}

gelf_node() {
    NODE_PATH=$GELF_NODE taskset -c 0 node scripts/lib/gelf/gelf_pro.js "$WORK/gelf.few" "${GELF_ADDRESS##*:}"
}

gelf_python() {
    taskset -c 0 "$GELF_PYTHON" scripts/lib/gelf/send_pygelf.py "$WORK/gelf.few" "${GELF_ADDRESS##*:}"
}

# gelf_senders: has both other senders, in the cache.
gelf_senders() {
    local dir
    dir=$(cache_dir)/gelf
    apt_want npm=npm node=nodejs python3=python3-venv || die "gelf-pro needs node and npm, pygelf python3"
    [[ -d $dir/node_modules/gelf-pro ]] || npm install --silent --prefix "$dir" gelf-pro@1.4.0 >&2
    [[ -x $dir/venv/bin/python3 ]] || python3 -m venv "$dir/venv" >&2
    "$dir/venv/bin/python3" -c 'import pygelf' 2>/dev/null ||
        "$dir/venv/bin/pip" install --quiet pygelf==0.4.3 >&2
    GELF_NODE=$dir/node_modules GELF_PYTHON=$dir/venv/bin/python3
}

# gelf_ingest LOAD: what an agent waits for while records are forwarded, while they can't be, and without.
gelf_ingest() {
    local load=$1 seconds=$((20 / (SHARE > 1 ? 4 : 1))) round
    : >"$WORK/gelf.waits"
    for round in 1 2 3; do
        step "gelf: acknowledgements beside forwarding, round $round of 3"
        rm -f "$WORK/gelf.ini"
        local off flooded away
        off=$(gelf_pace "$load" "$seconds")
        # All records once more, while the agent sends.
        rm -f "$WORK/gelf.out"
        gelf_receiver --discard --until 1000000000
        gelf_settings "$GELF_ADDRESS" "flood$round"
        flooded=$(gelf_pace "$load" "$seconds")
        process_stop graylog 10
        gelf_settings 127.0.0.1:9 "away$round"
        away=$(gelf_pace "$load" "$seconds")
        printf '%s %s %s\n' "$flooded" "$away" "$off" >>"$WORK/gelf.waits"
    done
    figure_ratio "acknowledgement p99, forwarding" ms "not forwarding" 3 "<=1.5" <"$WORK/gelf.waits"
    awk '{ print $2, $1, $3 }' "$WORK/gelf.waits" |
        figure_ratio "acknowledgement p99, Graylog away" ms "not forwarding" 3 "<=1.5"
}

gelf_pace() {
    start_store
    "$1" pace "http://$STORE_INGEST" "$WORK/ingest.token" "$2" | sed -n 's/^p99_ms //p'
    process_stop store 30
}
