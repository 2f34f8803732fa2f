# Asks a store's API what its own description allows, and much that it does not, by schemathesis: no answer
# may be the server's fault, or one that the description does not have. Needs say.sh, cache.sh, process.sh.
# Sourced, never run.
# shellcheck shell=bash

SCHEMATHESIS=4.32.5

# api_tool: prints the path of schemathesis, installed into the cache if need be.
api_tool() {
    local dir
    dir=$(cache_dir)/schemathesis-$SCHEMATHESIS
    if [[ ! -x $dir/bin/st ]]; then
        rm -rf "$dir"
        python3 -m venv "$dir" >&2 || return 1
        "$dir/bin/pip" install --quiet --disable-pip-version-check \
            "schemathesis==$SCHEMATHESIS" >&2 || {
            rm -rf "$dir"
            return 1
        }
    fi
    printf '%s\n' "$dir/bin/st"
}

# api_check TOOL FOLDER: starts a store in that folder, fills it with the recording, and asks.
api_check() {
    local tool=$1 folder=$2 bin=target/debug/bitville-store status=0 query ingest
    printf '[store]\ningest_listen = 127.0.0.1:0\nquery_listen = 127.0.0.1:0\ndata_dir = %s/data\n' \
        "$folder" >"$folder/settings.ini"
    export BITVILLE_SETTINGS=$folder/settings.ini
    (umask 077 && "$bin" token add agent --role ingest >"$folder/ingest.token")
    (umask 077 && "$bin" token add console --role read >"$folder/read.token")
    # shellcheck disable=SC2034 # process.sh reads it.
    PIDS_DIR=$folder
    process_start store TERM "$folder/store.log" "$bin"
    process_await store "$folder/store.log" 60 grep -q 'store ready' "$folder/store.log"
    ingest=$(sed -n 's/.* ingest=\([^ ]*\).*/\1/p' "$folder/store.log")
    query=$(sed -n 's/.* query=\([^ ]*\).*/\1/p' "$folder/store.log")
    "$bin" replay e2e/recordings/lock-pile-up.ndjson.zst --url "http://$ingest" \
        --token-file "$folder/ingest.token" || status=$?
    # The stream never ends, so nobody could check its answer.
    "$tool" run "http://$query/v1/openapi.json" \
        --header "Authorization: Bearer $(cat "$folder/read.token")" \
        --exclude-path /v1/live --max-examples "${API_EXAMPLES:-25}" --seed 1 --no-color \
        --request-timeout 20 --continue-on-failure \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
        || status=$?
    if grep -qE 'panicked|internal error' "$folder/store.log"; then
        grep -E 'panicked|internal error' "$folder/store.log" >&2
        status=1
    fi
    process_stop store 30 || status=$?
    return "$status"
}
