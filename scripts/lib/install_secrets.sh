# Tokens, the certificate, the database role's password: made here or taken from a file, never an argument of a
# program, never printed, never in a file that everybody can read.
#
# Needs say.sh, install_change.sh, install_settings.sh. Sourced, never run.
# shellcheck shell=bash

secrets_make() {
    if has_part store; then certificate_make; fi
    if [[ -n $CA_FILE ]]; then
        put_file "$CA_FILE" "$ETC/ca.pem" 644
        # shellcheck disable=SC2034 # Of no part: --purge removes it with its folder.
        MANIFEST=()
    fi
    if has_part collector || has_part pgagent; then
        token_make "$ETC/token" ingest "agents-$(hostname)" root "$USER_NAME" 640
        if has_part pgagent && [[ -n $DATABASE ]]; then role_make; fi
    fi
    if has_part tui; then
        user_exists "$OPERATOR" || die "--operator $OPERATOR: there is no such user"
        # The console refuses a token that anybody but its owner can read.
        token_make "$ETC/console.token" read "console-$(hostname)" "$OPERATOR" root 600
    fi
}

# token_make PATH ROLE NAME OWNER GROUP MODE: the one that was given; or from the store, if it is here.
token_make() {
    local path=$1 role=$2 name=$3 owner=$4 group=$5 mode=$6
    if [[ -n $TOKEN_FILE && ($role == ingest || ${PARTS[*]} == tui) ]]; then
        change "put the token into $path" secret_write "$path" "$owner" "$group" "$mode" token_given
    elif [[ -s $ROOT$path ]]; then
        put_owner "$path" "$mode" "$owner" "$group"
    elif [[ -x $ROOT$BIN/bitville-store || (-n $DRY_RUN && " ${PARTS[*]} " == *" store "*) ]]; then
        change "make token $name ($role) and put it into $path" \
            secret_write "$path" "$owner" "$group" "$mode" \
            as_user "$(store_owner)" "$BIN/bitville-store" token add "$name" --role "$role" --settings "$SETTINGS"
    else
        say "  $path is missing: no token was given, and the store is not here"
        NEXT+=("on the store: runuser -u $USER_NAME -- bitville-store token add $name --role $role, and give what it prints to this command with --token-file -")
    fi
}

# store_owner: whose the databases are. A root's would be closed to the daemon.
store_owner() {
    local dir
    dir=$ROOT$(setting_or store data_dir /var/lib/bitville/store)
    if [[ -d $dir ]]; then
        awk -F: -v id="$(stat -c %u "$dir")" '$3 == id { print $1 }' "$ROOT/etc/passwd"
    else
        printf '%s\n' "$USER_NAME"
    fi
}

token_given() {
    cat "${TOKEN_FILE/#-//dev/stdin}"
}

# secret_write PATH OWNER GROUP MODE COMMAND...: what the command prints, whole or not at all.
secret_write() {
    local path=$ROOT$1 owner=$2 group=$3 mode=$4
    shift 4
    (
        umask 077
        rm -f "$path.bitville-new"
        "$@" >"$path.bitville-new" && [[ -s $path.bitville-new ]]
    ) || {
        rm -f "$path.bitville-new"
        die "$path: there is no secret to put there; see the line above"
    }
    owner_set "$path.bitville-new" "$mode" "$(user_id "$owner"):$(group_id "$group")"
    mv -f "$path.bitville-new" "$path"
}

# certificate_make: the authority's key stays root's; the daemon reads its own alone.
certificate_make() {
    local name arguments=()
    if [[ ${#NAMES[@]} -gt 0 && ! -e $ROOT$ETC/tls/store.pem ]]; then
        for name in "${NAMES[@]}"; do arguments+=(--name "$name"); done
        change "make $ETC/tls: the site's authority, and a certificate for ${NAMES[*]}" \
            certificate_write "${arguments[@]}"
        NEXT+=("give $ETC/tls/ca.pem to the web and database servers (--ca-file); it is no secret, ca.key beside it is")
    fi
    [[ -d $ROOT$ETC/tls ]] || return 0
    put_owner "$ETC/tls" 750 root "$USER_NAME"
    put_owner "$ETC/tls/store.key" 640 root "$USER_NAME"
    put_owner "$ETC/tls/ca.key" 600 root root
}

certificate_write() {
    in_root "$BIN/bitville-store" cert --dir "$ETC/tls" --settings "$SETTINGS" "$@" >/dev/null
}

# role_make: the role, and its password through standard input, in a session that the server does not log.
role_make() {
    local is_new=''
    if [[ ! -s $ROOT$ETC/pgagent.password ]]; then
        change "make a password in $ETC/pgagent.password" \
            secret_write "$ETC/pgagent.password" root "$USER_NAME" 640 password_random
        is_new=yes
    fi
    put_owner "$ETC/pgagent.password" 640 root "$USER_NAME"
    if ! user_exists postgres || ! in_root sh -c 'command -v psql' >/dev/null; then
        NEXT+=("as the database's superuser: psql -X -v ON_ERROR_STOP=1 -d $DATABASE -v database=$DATABASE -f $SHARE/sql/pgagent-role.sql, with -v password_file=… (docs/install.md)")
    elif [[ -n $is_new ]] || [[ $(role_exists) != 1 ]]; then
        change "make the role pgagent in database $DATABASE" role_write
    fi
}

password_random() {
    head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

role_exists() {
    as_user postgres psql -X -At -p "$PG_PORT" -d "$DATABASE" \
        -c "SELECT count(*) FROM pg_roles WHERE rolname = 'pgagent'"
}

role_write() {
    {
        cat "$REPOSITORY/config/sql/pgagent-role.sql"
        printf "ALTER ROLE pgagent PASSWORD '%s';\n" "$(cat "$ROOT$ETC/pgagent.password")"
    } | as_user postgres psql -X -q -v ON_ERROR_STOP=1 -p "$PG_PORT" -d "$DATABASE" \
        -v "database=$DATABASE" -o /dev/null
}
