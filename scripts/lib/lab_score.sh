# The lab's faults, and how well the store names who is to blame for each.
#
# Needs say.sh, apt.sh and the functions of scripts/lab. Sourced, never run.
# shellcheck shell=bash

# As php/lab/Load/Faults.php has them.
LAB_FAULTS=(lock-pile-up idle-in-transaction n-plus-one missing-index plan-flip cpu-function regex-backtracking
    memory-hog slow-outside-call crawler-burst cache-stampede connection-exhaustion checkpoint-storm ddl-queue
    autovacuum-ddl-queue session-lock deploy-opcache quiet)

# lab_score [NAME...]: runs faults and prints a table: who was named where, and how soon the spike was found.
lab_score() {
    lab_must_be_up
    apt_want jq=jq curl=curl || die "the score needs jq and curl"
    local names=("$@") name rows=$LAB/score
    [[ ${#names[@]} -gt 0 ]] || names=("${LAB_FAULTS[@]}")
    : >"$rows"
    for name in "${names[@]}"; do
        step "fault $name"
        score_one "$name" >>"$rows"
        tail -n 1 "$rows" >&2
    done
    printf '%-22s %5s %9s %8s  %s\n' fault rank "found in" share "named first"
    awk -F '\t' '{ printf "%-22s %5s %9s %8s  %s\n", $1, $2, $3, $4, $5 }' "$rows"
}

# score_ask PATH: what the store answers.
score_ask() {
    curl -sf -H "Authorization: Bearer $(cat "$LAB/secrets/read.token")" "http://127.0.0.1:$QUERY_PORT$1"
}

# score_no_spike_goes_on: whether the store knows of none that has not ended.
score_no_spike_goes_on() {
    local day_ago=$(($(date +%s%6N) - 86400000000))
    score_ask "/v1/spikes?from_at_us=$day_ago" | jq -e '[.spikes[] | select(.end_at_us == null)] == []' >/dev/null
}

# score_one NAME: name, rank of the culprit, seconds until the spike was known, its share, who was first.
score_one() {
    local name=$1 pid found="" id="" now begin fault
    # shellcheck disable=SC2034 # lab_load reads both.
    BASELINE_S=${BITVILLE_LAB_BASELINE_S:-60} AFTER_S=${BITVILLE_LAB_AFTER_S:-15}
    # A spike that goes on takes in what comes soon after, and this fault would have none of its own.
    await 180 "the end of the spike before" score_no_spike_goes_on ||
        warn "a spike goes on: the fault $name may become a part of it"
    begin=$(date +%s%6N)
    fault=$((begin + BASELINE_S * 1000000))
    lab_load "$name" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        # One that began before is the last fault's, one that ended in the quiet time is none.
        id=$(score_ask "/v1/spikes?from_at_us=$begin" | jq -r --argjson begin "$begin" --argjson fault "$fault" \
            '[.spikes[] | select(.begin_at_us >= $begin and (.end_at_us == null or .end_at_us > $fault))]
             | last | .id // empty') || true
        if [[ -n $id && -z $found ]]; then
            found=$(date +%s%6N)
        fi
        sleep 1
    done
    local status=0
    wait "$pid" || status=$?
    [[ $status -eq 0 ]] || warn "the fault $name did not show as it should"
    if [[ $name == quiet ]]; then
        score_ask "/v1/spikes?from_at_us=$begin" |
            jq -r --argjson begin "$begin" '[.spikes[] | select(.begin_at_us >= $begin)] | length
                | ["quiet", "-", "-", "-", "\(.) spikes found, 0 are right"] | @tsv'
        return
    fi
    if [[ -z $id ]]; then
        printf '%s\t-\t-\t-\tno spike was found\n' "$name"
        return
    fi
    now=$(spike_fact spike_from_at_us)
    score_ask "/v1/suspects?spike=$id" >"$LAB/suspects.json"
    jq -r --arg name "$name" --arg kind "$(spike_fact culprit_kind)" --arg pattern "$(spike_fact culprit_pattern)" \
        --arg found "$(((found - now) / 1000000)) s" '
        (.suspects | to_entries) as $all
        | ($all | map(select((.value.kind | test("^(" + $kind + ")$")) and (.value.label | test($pattern)))) | first) as $it
        | [$name, (if $it then $it.key + 1 else "-" end), $found,
           (if $it then "\($it.value.share * 100 | round) %" else "-" end),
           ($all[0].value | "\(.kind) \(.label)")]
        | map(tostring) | join("\t")' "$LAB/suspects.json"
}
