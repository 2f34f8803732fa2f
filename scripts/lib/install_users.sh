# The daemons' user, and the group through which PHP reaches the collector.
#
# One user without login, home or password for all daemons. PHP's users and the collector meet in a group of
# their own: so neither gets anything else that belongs to the other. Needs say.sh, install_change.sh.
# Sourced, never run.
# shellcheck shell=bash

user_exists() {
    grep -q "^$1:" "$ROOT/etc/passwd"
}

group_exists() {
    grep -q "^$1:" "$ROOT/etc/group"
}

# user_id NAME: its number there, not here. In a dry run it may not exist yet.
user_id() {
    awk -F: -v name="$1" '$1 == name { print $3; found = 1 } END { exit !found }' "$ROOT/etc/passwd" ||
        [[ -n $DRY_RUN ]] || die "user $1: missing in $ROOT/etc/passwd"
}

# user_home NAME
user_home() {
    awk -F: -v name="$1" '$1 == name { print $6 }' "$ROOT/etc/passwd"
}

group_id() {
    awk -F: -v name="$1" '$1 == name { print $3; found = 1 } END { exit !found }' "$ROOT/etc/group" ||
        [[ -n $DRY_RUN ]] || die "group $1: missing in $ROOT/etc/group"
}

# user_in_group USER GROUP
user_in_group() {
    awk -F: -v group="$2" -v user="$1" '
        $1 == group { n = split($4, members, ","); for (i = 1; i <= n; i++) if (members[i] == user) found = 1 }
        END { exit !found }' "$ROOT/etc/group"
}

users_make() {
    local root_flag=() user
    [[ -z $ROOT ]] || root_flag=(--prefix "$ROOT")
    # The console runs as whoever opens it.
    [[ ${PARTS[*]} != tui ]] || return 0
    group_exists "$USER_NAME" ||
        change "add group $USER_NAME" groupadd "${root_flag[@]}" --system "$USER_NAME"
    user_exists "$USER_NAME" ||
        change "add user $USER_NAME (no login)" useradd "${root_flag[@]}" --system --gid "$USER_NAME" \
            --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin \
            --comment "Bitville daemons" "$USER_NAME"
    if has_part collector; then
        group_exists "$PHP_GROUP" ||
            change "add group $PHP_GROUP (who may reach the collector's socket)" \
                groupadd "${root_flag[@]}" --system "$PHP_GROUP"
        for user in "$USER_NAME" "${PHP_USERS[@]}"; do
            user_exists "$user" || [[ $user == "$USER_NAME" ]] ||
                die "--php-user $user: there is no such user in $ROOT/etc/passwd"
            user_in_group "$user" "$PHP_GROUP" || user_join "$user" "$PHP_GROUP"
        done
        [[ ${#PHP_USERS[@]} -gt 0 ]] ||
            NEXT+=("there is no www-data here: name PHP-FPM's users with --php-user, or they can't reach the collector")
    fi
    # Debian lets this group read the server's log.
    if has_part pgagent && group_exists adm && ! user_in_group "$USER_NAME" adm; then
        user_join "$USER_NAME" adm
    fi
}

# user_join USER GROUP
user_join() {
    local root_flag=()
    [[ -z $ROOT ]] || root_flag=(--prefix "$ROOT")
    change "add $1 to group $2" usermod "${root_flag[@]}" --append --groups "$2" "$1"
    [[ $2 != "$PHP_GROUP" || $1 == "$USER_NAME" ]] ||
        NEXT+=("restart PHP-FPM, so that its workers are in the group: systemctl restart 'php*-fpm'")
}

# has_part PART: whether it is among those that were named.
has_part() {
    [[ " ${PARTS[*]} " == *" $1 "* ]]
}
