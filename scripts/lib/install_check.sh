# Whether what is installed works: settings, the token at the store, the clock, the socket for PHP.
#
# Changes nothing. Each finding is a line: ok, or what is wrong and what to do. Tokens go to curl through its
# standard input, never as an argument. Needs say.sh, install_change.sh, install_settings.sh. Sourced, never run.
# shellcheck shell=bash

# Clocks further apart make a request and its sessions hard to bring together by time.
CLOCK_APART_MAX_S=2

check_parts() {
    local part
    FAULTS=0
    for part in "${PARTS[@]}"; do
        step "$part: check"
        if [[ ! -x $ROOT$BIN/bitville-$part ]]; then
            fault "$BIN/bitville-$part is not there" "scripts/install $part"
            continue
        fi
        "check_$part"
    done
    if [[ $FAULTS -gt 0 ]]; then
        say "$FAULTS things are wrong (docs/troubleshooting.md)"
        return 1
    fi
    say "all is well"
}

ok() {
    say "  ok     $1"
}

# fault WHAT REMEDY
fault() {
    FAULTS=$((FAULTS + 1))
    say "  WRONG  $1"
    say "         do: $2"
}

check_settings() {
    local said
    if said=$(as_user "$USER_NAME" "$BIN/bitville-$1" --check-config --settings "$SETTINGS" 2>&1); then
        ok "settings of $1"
    else
        fault "settings of $1: $said" "correct $SETTINGS"
    fi
}

check_store() {
    local query
    check_settings store
    query=http://$(setting_or store query_listen 127.0.0.1:7802)
    if [[ $(curl -sS --max-time 10 "$query/health" 2>/dev/null) == alive* ]]; then
        ok "it lives ($query/health)"
    else
        fault "nobody answers at $query/health" "systemctl status bitville-store; journalctl -u bitville-store -n 50"
        return
    fi
    if [[ $(curl -sS -o /dev/null -w '%{http_code}' --max-time 10 "$query/ready") == 200 ]]; then
        ok "it takes records ($query/ready)"
    else
        fault "it is not ready: $(curl -sS --max-time 10 "$query/ready")" "journalctl -u bitville-store -n 50"
    fi
}

check_collector() {
    local socket user
    check_settings collector
    check_uplink
    if as_user "$USER_NAME" "$BIN/bitville-collector" status --settings "$SETTINGS" >/dev/null 2>&1; then
        ok "it runs and takes records (bitville-collector status)"
    else
        fault "it does not run, or takes no records" "bitville-collector status; journalctl -u bitville-collector -n 50"
    fi
    socket=$(setting_or collector socket /run/bitville/collector.sock)
    for user in "${PHP_USERS[@]}"; do
        if as_user "$user" test -w "$socket"; then
            ok "$user may connect to $socket"
        else
            fault "$user may not connect to $socket" "scripts/install collector --php-user $user, then restart bitville-collector"
        fi
    done
}

check_pgagent() {
    local dsn password
    check_settings pgagent
    check_uplink
    if ! in_root sh -c 'command -v psql' >/dev/null; then
        say "  (no psql here: whether the database lets pgagent in is told by journalctl -u bitville-pgagent)"
        return
    fi
    dsn=$(setting pgagent dsn)
    password=$(setting pgagent password_file)
    # shellcheck disable=SC2016 # The inner shell expands them: the password is no argument of anybody.
    if as_user "$USER_NAME" sh -c \
        '[ -z "$2" ] || { PGPASSWORD=$(cat "$2"); export PGPASSWORD; }; psql -X -At -w -d "$1" -c "SELECT 1" >/dev/null' \
        sh "$dsn" "$password"; then
        ok "the database lets it in ($dsn)"
    else
        fault "the database does not let it in ($dsn)" "docs/pgagent.md, \"Setting it up\"; the line above is the server's answer"
    fi
}

# check_uplink: an empty batch, which changes nothing, with the token; and the store's clock in its answer.
check_uplink() {
    local url token ca answer status date apart arguments=()
    url=$(setting_or uplink url http://127.0.0.1:7801)
    token=$(setting_or uplink token_file "$ETC/token")
    ca=$(setting uplink ca_file)
    [[ -z $ca ]] || arguments+=(--cacert "$ROOT$ca")
    if [[ ! -s $ROOT$token ]]; then
        fault "$token is missing" "give it with --token-file (docs/install.md)"
        return
    fi
    answer=$(printf 'header = "Authorization: Bearer %s"\n' "$(tr -d '\r\n' <"$ROOT$token")" |
        curl -sS -i --max-time 10 --config - "${arguments[@]}" -X POST --data-binary '' "$url/v1/records" 2>&1) || {
        fault "the store can't be reached at $url: $answer" "name, port, firewall (docs/firewall.md), certificate (ca_file)"
        return
    }
    status=$(awk '/^HTTP/ { code = $2 } END { print code }' <<<"$answer")
    if [[ $status == 200 ]]; then
        ok "the store takes our token ($url)"
    else
        fault "the store at $url answers $status: $(tail -n 1 <<<"$answer")" "another token: docs/install.md, \"Tokens\""
    fi
    date=$(sed -nE 's/^date: (.*)\r$/\1/Ip' <<<"$answer" | tail -n 1)
    [[ -n $date ]] || return 0
    apart=$(($(date +%s) - $(date -d "$date" +%s)))
    if [[ ${apart#-} -le $CLOCK_APART_MAX_S ]]; then
        ok "our clock and the store's are at most $((${apart#-} + 1)) s apart"
    else
        fault "our clock is $apart s from the store's" "chrony or systemd-timesyncd on both"
    fi
}

check_tui() {
    local url token answer
    url=$(setting_or tui url http://127.0.0.1:7802)
    token=$(setting tui token_file)
    if [[ -z $token || ! -s $ROOT$token ]]; then
        fault "[tui] token_file names no token" "scripts/install tui (docs/install.md, \"Tokens\")"
        return
    fi
    answer=$(printf 'header = "Authorization: Bearer %s"\n' "$(tr -d '\r\n' <"$ROOT$token")" |
        curl -sS -o /dev/null -w '%{http_code}' --max-time 10 --config - "$url/v1/health" 2>&1) || true
    if [[ $answer == 200 ]]; then
        ok "the store answers the console ($url)"
    else
        fault "the store at $url answers the console: $answer" "is it reachable, is the token one of role read?"
    fi
}
