# The parts of the lab, each with the function that starts it and awaits that it works.
#
# Needs say.sh, port.sh, process.sh, php_root.sh, lab_files.sh and the variables of scripts/lab.
# Sourced, never run.
# shellcheck shell=bash

POSTGRES_BIN=/usr/lib/postgresql/15/bin

# In the order of their start; they end in reverse, so that the agents can still send what they have.
LAB_PARTS=(store collector postgres pgagent php-fpm nginx)

# part_known PART: or an end with the names that there are.
part_known() {
    [[ " ${LAB_PARTS[*]} " == *" $1 "* ]] || die "no such part: \"$1\"; there are ${LAB_PARTS[*]}"
}

# part_start PART: call it bare, never behind || or if, which would switch "set -e" off inside.
part_start() {
    part_known "$1"
    step "starting $1"
    "start_${1//-/_}"
}

start_store() {
    local store=$BIN_DIR/bitville-store log=$LAB/log/store.log
    [[ -e $LAB/secrets/ingest.token ]] || store_token lab-agents ingest
    [[ -e $LAB/secrets/read.token ]] || store_token lab-console read
    process_start store TERM "$log" "$store" --settings "$LAB/settings.ini"
    process_await store "$log" 30 port_answers "$INGEST_PORT"
    process_await store "$log" 30 port_answers "$QUERY_PORT"
}

store_token() {
    (
        umask 077
        "$BIN_DIR/bitville-store" token add "$1" --role "$2" --settings "$LAB/settings.ini" \
            >"$LAB/secrets/$2.token"
    )
}

start_collector() {
    local log=$LAB/log/collector.log
    process_start collector TERM "$log" "$BIN_DIR/bitville-collector" --settings "$LAB/settings.ini"
    process_await collector "$log" 30 test -S "$LAB/run/collector.sock"
}

start_postgres() {
    local data=$LAB/postgres/data log=$LAB/log/postgres.log fresh=
    if [[ ! -e $data ]]; then
        fresh=yes
        as_postgres "$POSTGRES_BIN/initdb" -D "$data" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync \
            --auth-local=peer --auth-host=scram-sha-256 >"$log" 2>&1 || {
            tail -n 20 "$log" >&2
            return 1
        }
        lab_write_postgres "$data"
    fi
    # INT is PostgreSQL's fast shutdown; TERM would wait for every client to leave.
    process_start postgres INT "$log" setpriv --reuid=postgres --regid=postgres --init-groups \
        "$POSTGRES_BIN/postgres" -D "$data"
    process_await postgres "$log" 60 \
        "$POSTGRES_BIN/pg_isready" -q -h "$LAB/run/postgres" -p "$POSTGRES_PORT"
    [[ -z $fresh ]] || fill_postgres
}

fill_postgres() {
    step "filling the shop's database"
    local shop_password pgagent_password
    shop_password=$(lab_secret shop.password)
    pgagent_password=$(lab_secret pgagent.password)
    # Passwords go in through standard input: an argument would be seen in the process list.
    # The role's script keeps its session out of pg_stat_statements, where passwords would be seen
    # as well; so both passwords are given in that session.
    {
        cat "$REPOSITORY/config/sql/pgagent-role.sql"
        printf "ALTER ROLE pgagent PASSWORD '%s';\n" "$pgagent_password"
        printf "CREATE ROLE shop LOGIN PASSWORD '%s';\n" "$shop_password"
        printf 'CREATE DATABASE shop OWNER shop;\n'
    } | superuser_psql postgres
    {
        # In the database that pgagent is in, where PUBLIC may use its schema.
        printf 'CREATE EXTENSION pg_stat_statements;\n'
        # The load driver comes as the shop, and sets what some faults need.
        printf 'GRANT ALTER SYSTEM ON PARAMETER fsync, full_page_writes, synchronous_commit, max_wal_size,\n'
        printf 'autovacuum_naptime TO shop;\n'
        printf 'GRANT EXECUTE ON FUNCTION pg_reload_conf() TO shop;\n'
        printf 'SET ROLE shop;\n'
        cat "$REPOSITORY/php/lab/sql/schema.sql" "$REPOSITORY/php/lab/sql/data.sql"
    } | superuser_psql shop
}

# superuser_psql DATABASE: runs SQL from standard input, stops at the first error.
superuser_psql() {
    as_postgres psql -X -q -v ON_ERROR_STOP=1 -h "$LAB/run/postgres" -p "$POSTGRES_PORT" -d "$1" \
        -o /dev/null
}

as_postgres() {
    # In a folder that it may enter, or its programs complain.
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@")
}

start_pgagent() {
    local log=$LAB/log/pgagent.log
    process_start pgagent TERM "$log" "$BIN_DIR/bitville-pgagent" --settings "$LAB/settings.ini"
    process_await pgagent "$log" 30 pgagent_connected
}

pgagent_connected() {
    local count
    count=$(as_postgres psql -X -At -h "$LAB/run/postgres" -p "$POSTGRES_PORT" -d postgres \
        -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'pgagent'")
    [[ $count -gt 0 ]]
}

start_php_fpm() {
    local log=$LAB/log/php-fpm.log
    php_root_command 7.4 php-fpm
    process_start php-fpm TERM "$log" "${PHP_COMMAND[@]}" -y "$LAB/etc/php-fpm.conf" \
        -d extension=tideways_xhprof -d opcache.enable=1
    process_await php-fpm "$log" 30 test -S "$LAB/run/php-fpm.sock"
}

start_nginx() {
    local log=$LAB/log/nginx.log
    process_start nginx TERM "$log" /usr/sbin/nginx -e "$log" -p "$LAB" -c "$LAB/etc/nginx.conf"
    process_await nginx "$log" 30 shop_answers
}

# shop_answers: the start page through nginx, PHP and the database.
shop_answers() {
    local status
    exec 3<>"/dev/tcp/127.0.0.1/$NGINX_PORT" || return 1
    printf 'GET / HTTP/1.0\r\nHost: shop.example\r\n\r\n' >&3
    IFS= read -r -t 10 status <&3 || true
    exec 3>&-
    [[ $status == "HTTP/1."?" 200"* ]]
}
