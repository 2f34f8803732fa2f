# Proves scripts/install in a Debian root of its own: installs all but the database's part, starts what was
# installed, sees a request travel from PHP-FPM's listener to the store, installs again (nothing changes),
# uninstalls, and compares every file with what was there before.
#
# The root is a Debian 12 with PHP 8.2 in the cache; the test works on a copy. Programs run in a chroot, on
# the settings' own ports. Needs say.sh, cache.sh, apt.sh, process.sh. Sourced, never run.
# shellcheck shell=bash

INSTALL_ROOT_REVISION=1

# install_root: prints the path of the untouched root, made if it is missing.
install_root() {
    local root work
    root=$(cache_dir)/install-r$INSTALL_ROOT_REVISION
    if [[ ! -e $root/.complete ]]; then
        apt_want debootstrap=debootstrap curl=curl || return 1
        work=$(mktemp -d "$root.building.XXXXXX")
        quietly "$(cache_dir)/install-build.log" debootstrap --variant=minbase \
            --include=php8.2-fpm,php8.2-cli,curl bookworm "$work" "$(apt_mirror)" || {
            rm -rf --one-file-system "$work"
            return 1
        }
        touch "$work/.complete"
        mv "$work" "$root"
    fi
    printf '%s\n' "$root"
}

# install_test ROOT FOLDER BIN_DIR: ROOT is copied into FOLDER, which the caller removes.
install_test() {
    local folder=$2 bin=$3 status=0
    COPY=$folder/root
    # shellcheck disable=SC2034 # process.sh reads it.
    PIDS_DIR=$folder
    cp -a "$1" "$COPY"
    # It was made by mktemp, for its maker alone; the daemons' user has to get in.
    chmod 755 "$COPY"
    mkdir -p "$COPY/dev"
    [[ -c $COPY/dev/null ]] || mknod -m 666 "$COPY/dev/null" c 1 3
    [[ -c $COPY/dev/urandom ]] || mknod -m 666 "$COPY/dev/urandom" c 1 9
    INSTALL=(scripts/install --root "$COPY" --bin-dir "$bin")
    install_story "$folder" || status=$?
    process_stop fpm 20 || status=$?
    process_stop collector 30 || status=$?
    process_stop store 30 || status=$?
    [[ $status -eq 0 ]] || return "$status"
    "${INSTALL[@]}" store collector tui --uninstall --purge 2>"$folder/uninstall.out" || return 1
    install_listing >"$folder/after"
    diff "$folder/before" "$folder/after" || {
        warn "what --uninstall --purge leaves is not what was there before"
        return 1
    }
}

install_story() {
    local folder=$1
    install_listing >"$folder/before"
    "${INSTALL[@]}" store collector tui --project shop --auto-prepend 8.2 --dry-run 2>"$folder/dry.out" || return 1
    install_listing | diff "$folder/before" - || return 1
    "${INSTALL[@]}" store collector tui --project shop --auto-prepend 8.2 2>"$folder/install.out" || {
        cat "$folder/install.out" >&2
        return 1
    }
    install_no_secret_open || return 1
    install_listing >"$folder/installed"
    "${INSTALL[@]}" store collector tui --project shop --auto-prepend 8.2 2>"$folder/again.out" || return 1
    grep -q '^nothing to change' "$folder/again.out" || {
        cat "$folder/again.out" >&2
        return 1
    }
    install_listing | diff "$folder/installed" - || return 1
    install_start store "$folder" bitville /usr/local/bin/bitville-store || return 1
    await 60 "store ready" curl -sf http://127.0.0.1:7802/ready || return 1
    install_start collector "$folder" bitville /usr/local/bin/bitville-collector || return 1
    await 60 "the collector's socket" test -S "$COPY/run/bitville/collector.sock" || return 1
    "${INSTALL[@]}" store collector tui --check || return 1
    install_request "$folder"
}

# install_start NAME FOLDER USER COMMAND...: in the root, as that user with its groups.
install_start() {
    local name=$1 folder=$2 user=$3
    shift 3
    # /proc in a mount namespace of its own: it goes when the program does. The collector starts its worker by it.
    # shellcheck disable=SC2016 # The inner shell's.
    process_start "$name" TERM "$folder/$name.log" unshare --mount sh -c \
        'mount -t proc proc "$1/proc" && root=$1 user=$2 && shift 2 &&
            exec chroot "$root" setpriv --reuid="$user" --regid="$user" --init-groups "$@"' \
        sh "$COPY" "$user" "$@"
}

# install_request FOLDER: a slow page through PHP-FPM's own php.ini, which includes the listener.
install_request() {
    local folder=$1
    mkdir -p "$COPY/run/php" "$COPY/srv/shop"
    printf '<?php usleep(700000); echo "slow\\n";\n' >"$COPY/srv/shop/slow.php"
    process_start fpm TERM "$folder/fpm.log" chroot "$COPY" /usr/sbin/php-fpm8.2 --nodaemonize
    await 30 "PHP-FPM's socket" test -S "$COPY/run/php/php8.2-fpm.sock" || return 1
    install_page || {
        warn "PHP-FPM did not answer the page"
        tail -n 20 "$folder/fpm.log" >&2
        return 1
    }
    await 60 "the request in the store" install_arrived || return 1
    rm -rf "$COPY/srv/shop"
    say "    a request of 700 ms came from PHP-FPM to the store"
}

# install_page: one FastCGI request, by PHP's own sockets as there is no web server here.
install_page() {
    # shellcheck disable=SC2016 # PHP's variables.
    chroot "$COPY" php8.2 -n -r '
        $pair = static function (string $k, string $v): string { return chr(strlen($k)) . chr(strlen($v)) . $k . $v; };
        $frame = static function (int $type, string $body): string {
            return pack("CCnnCC", 1, $type, 1, strlen($body), 0, 0) . $body;
        };
        $parameters = "";
        foreach (["SCRIPT_FILENAME" => "/srv/shop/slow.php", "REQUEST_METHOD" => "GET", "REQUEST_URI" => "/slow",
            "SCRIPT_NAME" => "/slow.php", "SERVER_PROTOCOL" => "HTTP/1.1", "REMOTE_ADDR" => "192.0.2.7"] as $k => $v) {
            $parameters .= $pair($k, $v);
        }
        $socket = stream_socket_client("unix:///run/php/php8.2-fpm.sock");
        fwrite($socket, $frame(1, pack("nCx5", 1, 0)) . $frame(4, $parameters) . $frame(4, "") . $frame(5, ""));
        exit(strpos(stream_get_contents($socket), "slow\n") === false ? 1 : 0);'
}

install_arrived() {
    curl -sf --config - 'http://127.0.0.1:7802/v1/requests' \
        < <(printf 'header = "Authorization: Bearer %s"\n' "$(cat "$COPY/etc/bitville/console.token")") | grep -q '"/slow'
}

# install_listing: every file with mode, owner, target or checksum. Left out: what accounts and PHP write themselves.
install_listing() {
    (
        cd "$COPY" || exit
        find . -xdev \( -path ./proc -o -path ./var/log -o -path ./run/php -o -path ./tmp \) -prune -o \
            ! -path './etc/*-' ! -name '.pwd.lock' ! -type d \
            -printf '%M %U:%G %p %l ' \( -type f -exec sha256sum {} \; -o -printf '\n' \) |
            sed 's/  .*//' | LC_ALL=C sort -k3
        find . -xdev \( -path ./run/php -o -path ./proc \) -prune -o -type d -printf '%M %U:%G %p\n' | LC_ALL=C sort -k3
    )
}

# install_no_secret_open: whoever is neither owner nor in the group reads no secret.
install_no_secret_open() {
    local open token
    open=$(find "$COPY/etc/bitville" \( -name '*token' -o -name '*.key' -o -name '*password' \) -perm /007)
    [[ -z $open ]] || {
        warn "open to everybody: $open"
        return 1
    }
    for token in token console.token; do
        [[ -s $COPY/etc/bitville/$token ]] || {
            warn "$token is missing"
            return 1
        }
        ! grep -rqF -f "$COPY/etc/bitville/$token" "$COPY/etc/bitville/settings.ini" "$COPY/usr/share/bitville" \
            "$COPY/var/log" || {
            warn "$token stands in another file"
            return 1
        }
    done
}

# install_units: the units are understood by systemd, and their exposure stays low (0 to 10).
install_units() {
    local folder unit exposure status=0
    folder=$(mktemp -d -t bitville-units.XXXXXX)
    for unit in config/systemd/*; do
        # A program that exists, since this machine has none of ours.
        sed 's|/usr/bin/bitville-.*|/bin/true|' "$unit" >"$folder/$(basename "$unit")"
    done
    # A documentation page that is not here is no fault of the unit.
    systemd-analyze verify --man=no "$folder"/bitville-* || status=1
    for unit in "$folder"/*.service; do
        exposure=$(systemd-analyze security --offline=yes --no-pager "$unit" | sed -nE 's/.*exposure level for [^:]*: ([0-9.]+).*/\1/p')
        say "    $(basename "$unit"): exposure $exposure"
        awk -v is="$exposure" 'BEGIN { exit !(is != "" && is <= 3.0) }' || status=1
    done
    rm -rf "$folder"
    return "$status"
}
