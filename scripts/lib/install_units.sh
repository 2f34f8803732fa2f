# systemd's units: put, enabled, started; and words where there is no systemd.
#
# Needs say.sh, install_change.sh. Sourced, never run.
# shellcheck shell=bash

# systemd_kind: prints running, there (installed, another machine's or not started) or none.
systemd_kind() {
    if [[ -z $ROOT && -d /run/systemd/system ]]; then
        printf 'running\n'
    elif [[ -x $ROOT/usr/bin/systemctl || -x $ROOT/bin/systemctl ]]; then
        printf 'there\n'
    else
        printf 'none\n'
    fi
}

# unit_text FILE: with the program's folder and the user of this installation.
unit_text() {
    sed -e "s|/usr/bin/bitville-|$BIN/bitville-|" -e "s|^\\(User\\|Group\\|user\\)=bitville$|\\1=$USER_NAME|" "$1"
}

unit_put() {
    [[ $SYSTEMD != none ]] || return 0
    unit_text "$REPOSITORY/config/systemd/$1" | put_text "/etc/systemd/system/$1" 644
}

units_make() {
    local part unit link
    for part in "${PARTS[@]}"; do
        [[ $part != tui ]] || continue
        if [[ $SYSTEMD == none ]]; then
            say "  there is no systemd: start it by your own means, as $USER_NAME: $BIN/bitville-$part"
            continue
        fi
        unit=bitville-$part.service
        link=$ROOT/etc/systemd/system/multi-user.target.wants/$unit
        [[ -L $link ]] || change "enable $unit" unit_enable "$unit" "$link"
        [[ $SYSTEMD != running ]] || unit_start "$part" "$unit"
    done
}

unit_enable() {
    install -d -m 755 "$(dirname "$2")"
    ln -s "/etc/systemd/system/$1" "$2"
}

# unit_start PART UNIT: begun, or begun again where something has changed; not with settings that are wrong.
unit_start() {
    if [[ -n $DRY_RUN || -z $START ]]; then
        say "  $2 is not started"
        return
    fi
    [[ $CHANGES -eq 0 ]] || systemctl daemon-reload
    if ! as_user "$USER_NAME" "$BIN/bitville-$1" --check-config --settings "$SETTINGS"; then
        warn "$2 is not started: the lines above say why"
        # shellcheck disable=SC2034 # scripts/install ends with it.
        TROUBLE=1
    elif ! systemctl --quiet is-active "$2"; then
        change "start $2" systemctl start "$2"
    elif [[ $CHANGES -gt 0 ]]; then
        change "restart $2" systemctl restart "$2"
    fi
}
