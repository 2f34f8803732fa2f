# settings.ini: made from the template where there is none, and never overwritten. What this host needs
# otherwise is proposed in settings.ini.new, with the difference told; --take-settings takes it.
#
# Needs say.sh, install_change.sh, install_users.sh. Sourced, never run.
# shellcheck shell=bash

# "section key value", in the order in which they are applied.
WANTED=()

# setting SECTION KEY: what settings.ini says, else nothing.
setting() {
    [[ ! -r $ROOT$SETTINGS ]] || ini_get "$ROOT$SETTINGS" "$1" "$2"
}

# setting_or SECTION KEY DEFAULT
setting_or() {
    local value
    value=$(setting "$1" "$2")
    printf '%s\n' "${value:-$3}"
}

# ini_get FILE SECTION KEY: without quotes around it, or a comment behind it.
ini_get() {
    awk -v section="[$2]" -v key="$3" '
        /^\[/ { inside = ($1 == section) }
        inside && match($0, /^[a-z_]+[ \t]*=/) {
            name = substr($0, 1, RLENGTH - 1); gsub(/[ \t]/, "", name)
            if (name != key) next
            value = substr($0, RLENGTH + 1)
            if (match(value, /^[ \t]*"[^"]*"/)) { value = substr(value, 1, RLENGTH); gsub(/^[ \t]*"|"$/, "", value) }
            else { sub(/[ \t];.*/, "", value); gsub(/^[ \t]+|[ \t]+$/, "", value) }
        }
        END { print value }' "$1"
}

# ini_set SECTION KEY VALUE: filters a file; a key or a section that is missing is added.
ini_set() {
    SECTION=[$1] KEY=$2 VALUE=$3 awk '
        BEGIN { section = ENVIRON["SECTION"]; key = ENVIRON["KEY"]; line = key " = " ENVIRON["VALUE"] }
        /^\[/ { if (inside && !done) { print line; done = 1 } inside = ($1 == section); seen = seen || inside }
        inside && !done && $0 ~ "^" key "[ \t]*=" { print line; done = 1; next }
        { print }
        END { if (!seen) print "\n" section; if (!done) print line }'
}

# settings_judge: what can't be guessed.
settings_judge() {
    if [[ ! -e $ROOT$SETTINGS && -z $PROJECT ]] && { has_part collector || has_part pgagent; }; then
        die "--project NAME: whose data is this? It goes into the new $SETTINGS"
    fi
}

want() {
    WANTED+=("$1 $2 $3")
}

settings_wanted() {
    WANTED=()
    [[ -z $PROJECT ]] || want project name "$PROJECT"
    [[ -z $STORE_URL ]] || ! { has_part collector || has_part pgagent; } || want uplink url "$STORE_URL"
    [[ -z $CA_FILE ]] || want uplink ca_file "$ETC/ca.pem"
    if has_part store && [[ ${#NAMES[@]} -gt 0 ]]; then
        want store ingest_listen 0.0.0.0:7801
        want store tls_cert "$ETC/tls/store.pem"
        want store tls_key "$ETC/tls/store.key"
    fi
    if has_part collector; then
        want collector socket_group "$PHP_GROUP"
    fi
    if has_part pgagent && [[ -n $DATABASE ]]; then
        want pgagent dsn "\"host=127.0.0.1 port=$PG_PORT user=pgagent dbname=$DATABASE\""
        want pgagent password_file "$ETC/pgagent.password"
    fi
    if has_part tui; then
        want tui token_file "$ETC/console.token"
        [[ -z $STORE_URL ]] || has_part collector || has_part pgagent || want tui url "$STORE_URL"
    fi
}

settings_make() {
    local current=$ROOT$SETTINGS file wanted section key value
    settings_wanted
    put_folder "$ETC" 755 root root
    [[ -e $current ]] || current=$REPOSITORY/config/settings.ini
    file=$(mktemp)
    cp "$current" "$file"
    for wanted in "${WANTED[@]}"; do
        read -r section key value <<<"$wanted"
        [[ $(ini_get "$file" "$section" "$key") != "$(tr -d '"' <<<"$value")" ]] || continue
        ini_set "$section" "$key" "$value" <"$file" >"$file.set"
        mv "$file.set" "$file"
    done
    if [[ ! -e $ROOT$SETTINGS ]]; then
        change "make $SETTINGS from the template" file_replace "$file" "$ROOT$SETTINGS" 644
    elif cmp -s "$file" "$ROOT$SETTINGS"; then
        settings_new_keys
    else
        settings_propose "$file"
    fi
    rm -f "$file"
}

settings_propose() {
    say "  $SETTINGS is yours; for what you ask it would have to be changed so:"
    diff -u --label "$SETTINGS" --label "$SETTINGS.new" "$ROOT$SETTINGS" "$1" | sed 's/^/      /' >&2 || true
    if [[ -n $TAKE_SETTINGS ]]; then
        change "keep $SETTINGS.old" file_replace "$ROOT$SETTINGS" "$ROOT$SETTINGS.old" 644
        change "change $SETTINGS" file_replace "$1" "$ROOT$SETTINGS" 644
        [[ -n $DRY_RUN ]] || rm -f "$ROOT$SETTINGS.new"
        return
    fi
    cmp -s "$1" "$ROOT$SETTINGS.new" || change "put $SETTINGS.new" file_replace "$1" "$ROOT$SETTINGS.new" 644
    NEXT+=("look at the difference above; the same command with --take-settings makes it (or edit by hand)")
}

# settings_new_keys: after an upgrade, told and no more: a key that is not there has its default.
settings_new_keys() {
    local keys
    keys=$(comm -13 <(ini_keys "$ROOT$SETTINGS") <(ini_keys "$REPOSITORY/config/settings.ini") | paste -sd ' ')
    [[ -z $keys ]] || say "  the template has keys that $SETTINGS has not (they have their defaults): $keys"
}

ini_keys() {
    sed -nE 's/^([a-z_]+)[ \t]*=.*/\1/p' "$1" | LC_ALL=C sort -u
}
