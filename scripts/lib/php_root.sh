# A Debian 11 root with PHP 7.4 in the cache folder, and how its programs run on this host.
#
# The shop runs PHP 7.4, which no current distribution has. So a small Debian 11 is unpacked
# beside the host, and its PHP is started through its own dynamic loader and libraries: no chroot,
# no mounts, the same paths and sockets as everybody else, nothing to undo afterwards.
#
# The root is built in a temporary folder and renamed when complete: a half-made one is never
# used. A lock keeps two callers from building at once. Needs say.sh, cache.sh, apt.sh.
# Sourced, never run.
# shellcheck shell=bash

# Raise it when the list of packages or php.ini changes; the next caller builds anew.
PHP_ROOT_VERSION=2

PHP_ROOT_PACKAGES=(
    php7.4-cli php7.4-fpm php7.4-pgsql php7.4-json php7.4-opcache php7.4-mbstring php7.4-xml
    php-tideways php-excimer php-apcu php-xdebug php-psr phpunit
)

# Loaded always; tideways_xhprof, excimer, apcu and xdebug only on request (-d extension=NAME, or
# zend_extension). The order matters: an extension must follow those it builds upon.
PHP_ROOT_EXTENSIONS=(
    ctype json mbstring pdo pdo_pgsql pgsql phar posix psr sockets tokenizer iconv fileinfo
    dom simplexml xml xmlreader xmlwriter
)

# php_root_path: prints where the root is, or would be.
php_root_path() {
    printf '%s\n' "$(cache_dir)/php74-v$PHP_ROOT_VERSION"
}

# php_root: prints the root's path, and makes it if it is missing.
php_root() {
    local cache root
    cache=$(cache_dir)
    root=$(php_root_path)
    if [[ ! -e $root/.complete ]]; then
        (
            flock 9
            # Somebody else may have built it while we waited for the lock.
            [[ -e $root/.complete ]] || php_root_build "$root"
        ) 9>"$cache/php74.lock" || return 1
    fi
    printf '%s\n' "$root"
}

# php_root_build ROOT: debootstrap, packages, php.ini, rename.
php_root_build() {
    local root=$1 work log mirror
    apt_possible || die "PHP 7.4 is made with debootstrap, which only root on Debian can run here"
    apt_want debootstrap=debootstrap || die "debootstrap is missing"
    mirror=$(apt_mirror)
    log=$(dirname "$root")/php74-build.log
    work=$(mktemp -d "$root.building.XXXXXX")
    # One file system: debootstrap mounts /proc in its root while it works.
    # shellcheck disable=SC2064 # The path of now is meant.
    trap "rm -rf --one-file-system '$work'" EXIT
    : >"$log"
    step "PHP 7.4: unpacking a Debian 11 into $root (once, about 2 minutes)"
    quietly "$log" debootstrap --variant=minbase bullseye "$work" "$mirror" || exit 1
    step "PHP 7.4: installing ${PHP_ROOT_PACKAGES[*]}"
    quietly "$log" php_root_install "$work" || exit 1
    mkdir "$work/etc/php/bitville"
    php_root_ini "$root" >"$work/etc/php/bitville/php.ini"
    chmod 755 "$work"
    touch "$work/.complete"
    rm -rf "$root"
    mv "$work" "$root"
    trap - EXIT
}

php_root_install() {
    local work=$1
    # Services of the packages must not start: the root is a box of programs, not a machine.
    printf '#!/bin/sh\nexit 101\n' >"$work/usr/sbin/policy-rc.d"
    chmod 755 "$work/usr/sbin/policy-rc.d"
    # Whatever way to the mirror the host's apt knows, the root's must know as well.
    apt-config dump Acquire::http >"$work/etc/apt/apt.conf.d/80host"
    apt-config dump Acquire::https >>"$work/etc/apt/apt.conf.d/80host"
    # Debian 11 is no longer renewed, so the date in its lists says nothing.
    local options=(-o Acquire::Check-Valid-Until=false)
    local environment=(LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
    env "${environment[@]}" chroot "$work" apt-get -q "${options[@]}" update &&
        env "${environment[@]}" chroot "$work" apt-get -qy "${options[@]}" \
            install --no-install-recommends "${PHP_ROOT_PACKAGES[@]}" &&
        chroot "$work" apt-get clean &&
        find "$work/var/lib/apt/lists" -type f -delete
}

# php_root_ini ROOT: the settings that make PHP look into its root instead of the host's /etc.
php_root_ini() {
    local root=$1 name
    cat <<INI
; Written by scripts/lib/php_root.sh: PHP's view of its root from outside.
extension_dir = "$root/usr/lib/php/20190902"
include_path = ".:$root/usr/share/php"
date.timezone = UTC
memory_limit = 256M
error_reporting = E_ALL
display_errors = stderr
opcache.enable_cli = 0
zend_extension = opcache
INI
    for name in "${PHP_ROOT_EXTENSIONS[@]}"; do
        printf 'extension = %s\n' "$name"
    done
}

# php_root_command ROOT PROGRAM: fills PHP_COMMAND with the words that start a program of the root.
php_root_command() {
    local root=$1 program=$2 loader triplet
    # The file itself: the loader's well-known name is an absolute link, which leads to the host's.
    for loader in "$root"/lib/*-linux-gnu*/ld-*.so; do break; done
    [[ -x $loader ]] || die "no dynamic loader in $root; delete that folder and try again"
    triplet=$(basename "$(dirname "$loader")")
    # shellcheck disable=SC2034 # Read by the scripts that source this file.
    PHP_COMMAND=(
        env
        # PHP must not read the host's settings, nor glibc and OpenSSL mix in the host's modules,
        # which are built for other versions of them.
        "PHPRC=$root/etc/php/bitville" "PHP_INI_SCAN_DIR="
        "GCONV_PATH=$root/usr/lib/$triplet/gconv"
        "OPENSSL_CONF=$root/etc/ssl/openssl.cnf"
        "$loader" --inhibit-cache --library-path "$root/lib/$triplet:$root/usr/lib/$triplet"
        "$root$program"
        # Also in php.ini, but a test may switch that off with -n and still name an extension.
        -d "extension_dir=$root/usr/lib/php/20190902"
    )
}
