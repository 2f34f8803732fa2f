# Takes away what was put: the files of the part's manifest that no other part has, and its unit.
# With --purge also settings, secrets, data and users, once no part is left.
#
# Needs say.sh, install_change.sh, install_users.sh, install_units.sh. Sourced, never run.
# shellcheck shell=bash

remove_parts() {
    local part
    for part in "${PARTS[@]}"; do
        step "$part: uninstall"
        if [[ -r $ROOT$(manifest_path "$part") ]]; then
            unit_remove "$part"
            files_remove "$part"
        else
            say "  it is not installed"
        fi
        [[ -z $PURGE || $part == tui ]] || folder_remove "/var/lib/bitville/$part"
    done
    if [[ -d $ROOT$SHARE/installed ]]; then
        folders_tidy
        say "$CHANGES changes; still here: $(cd "$ROOT$SHARE/installed" && echo *)"
        return
    fi
    if [[ -n $PURGE ]]; then
        everything_remove
    elif [[ $CHANGES -gt 0 ]]; then
        say "settings and tokens ($ETC), data (/var/lib/bitville) and the user $USER_NAME stay; --purge removes them"
    fi
    folders_tidy
    say "$CHANGES changes"
}

unit_remove() {
    local unit=bitville-$1.service link
    [[ $SYSTEMD != running || -n $DRY_RUN ]] || systemctl stop "$unit" 2>/dev/null || true
    link=/etc/systemd/system/multi-user.target.wants/$unit
    [[ ! -L $ROOT$link ]] || change "disable $unit" rm -f "$ROOT$link"
}

files_remove() {
    local manifest path others
    manifest=$(manifest_path "$1")
    others=$(mktemp)
    find "$ROOT$SHARE/installed" -type f ! -name "$1" -exec cat {} + >"$others"
    while IFS= read -r path; do
        [[ $path == /* ]] || continue
        grep -qxF "$path" "$others" || [[ ! -e $ROOT$path ]] || change "remove $path" rm -f "$ROOT$path"
    done <"$ROOT$manifest"
    rm -f "$others"
    change "remove $manifest" rm -f "$ROOT$manifest"
    [[ -n $DRY_RUN ]] || rmdir "$ROOT$SHARE/installed" 2>/dev/null || true
    [[ $SYSTEMD != running || -n $DRY_RUN ]] || systemctl daemon-reload
}

folder_remove() {
    [[ ! -d $ROOT$1 ]] || change "remove $1" rm -rf "${ROOT}$1"
}

everything_remove() {
    local root_flag=() group
    [[ -z $ROOT ]] || root_flag=(--prefix "$ROOT")
    folder_remove "$ETC"
    folder_remove /var/lib/bitville
    folder_remove /run/bitville
    ! user_exists "$USER_NAME" || change "remove user $USER_NAME" userdel "${root_flag[@]}" "$USER_NAME"
    for group in "$USER_NAME" "$PHP_GROUP"; do
        ! group_exists "$group" || change "remove group $group" groupdel "${root_flag[@]}" "$group"
    done
}

# folders_tidy: those that were ours and are empty now.
folders_tidy() {
    local folder
    [[ -z $DRY_RUN ]] || return 0
    for folder in "$SHARE" "$DOC"; do
        [[ ! -d $ROOT$folder ]] || find "$ROOT$folder" -depth -type d -empty -delete
    done
}
