# The files of each part: program, folders, unit, and of the collector the PHP side.
#
# Needs say.sh, install_change.sh, install_units.sh. Sourced, never run.
# shellcheck shell=bash

program_is_built() {
    local crate=$1
    [[ -x $BIN_DIR/bitville-$1 ]] ||
        die "$BIN_DIR/bitville-$1: not built; cargo build --release --locked -p $crate, or name its folder with --bin-dir"
}

files_common() {
    local file
    put_file "$BIN_DIR/bitville-$1" "$BIN/bitville-$1" 755
    put_file "$REPOSITORY/config/settings.ini" "$SHARE/settings.ini" 644
    for file in README.md CHANGELOG.md ARCHITECTURE.md; do
        put_file "$REPOSITORY/$file" "$DOC/$file" 644
    done
    while IFS= read -r file; do
        put_file "$REPOSITORY/docs/$file" "$DOC/docs/$file" 644
    done < <(cd "$REPOSITORY/docs" && find . -maxdepth 1 -name '*.md' -printf '%P\n' | LC_ALL=C sort)
}

# state_folder PART: as the unit makes it; here already, for what is asked before the first start.
state_folder() {
    put_folder /var/lib/bitville 755 root root
    put_folder "/var/lib/bitville/$1" 700 "$USER_NAME" "$USER_NAME"
}

files_store() {
    files_common store
    state_folder store
    unit_put bitville-store.service
}

files_collector() {
    files_common collector
    state_folder collector
    put_file "$REPOSITORY/php/listener.php" "$SHARE/php/listener.php" 644
    put_file "$REPOSITORY/php/check.php" "$SHARE/php/check.php" 644
    put_tree "$REPOSITORY/php/src" "$SHARE/php/src"
    put_tree "$REPOSITORY/php/check" "$SHARE/php/check"
    unit_put bitville-collector.service
    put_folder /run/bitville 755 "$USER_NAME" "$USER_NAME"
    if [[ -d $ROOT/etc/tmpfiles.d ]]; then
        sed "s/ bitville bitville / $USER_NAME $USER_NAME /" "$REPOSITORY/config/tmpfiles.d/bitville.conf" |
            put_text /etc/tmpfiles.d/bitville.conf 644
    fi
    if [[ -d $ROOT/etc/supervisor/conf.d && $SYSTEMD == none ]]; then
        unit_text "$REPOSITORY/config/supervisord/bitville-collector.conf" |
            put_text /etc/supervisor/conf.d/bitville-collector.conf 644
    fi
    listener_include
}

# listener_include: by the application's own line, or by PHP in front of every script.
listener_include() {
    local folder=/etc/php/$PHP_VERSION/fpm/conf.d other
    if [[ -z $PHP_VERSION ]]; then
        [[ $CHANGES -eq 0 ]] ||
            NEXT+=("include $SHARE/php/listener.php first thing in the application (docs/php.md), or --auto-prepend VERSION")
        return
    fi
    [[ -d $ROOT$folder ]] ||
        die "--auto-prepend $PHP_VERSION: $ROOT$folder is missing; there are: $(cd "$ROOT/etc/php" 2>/dev/null && echo [0-9]*)"
    other=$(grep -rlE '^[[:space:]]*(php_(admin_)?value\[)?auto_prepend_file\]?[[:space:]]*=[[:space:]]*[^[:space:]]' \
        "$ROOT/etc/php/$PHP_VERSION/fpm" | grep -v '/99-bitville.ini$' || true)
    [[ -z $other ]] || warn "auto_prepend_file is set there as well, and one of them wins: $other"
    put_text "$folder/99-bitville.ini" 644 <<INI
; Bitville's listener in front of every script. To end it, remove this file and reload PHP-FPM.
auto_prepend_file = $SHARE/php/listener.php
INI
    [[ $CHANGES -eq 0 ]] || NEXT+=("systemctl reload php$PHP_VERSION-fpm, so that it reads 99-bitville.ini")
}

files_pgagent() {
    files_common pgagent
    state_folder pgagent
    put_file "$REPOSITORY/config/sql/pgagent-role.sql" "$SHARE/sql/pgagent-role.sql" 644
    unit_put bitville-pgagent.service
}

files_tui() {
    files_common tui
}
