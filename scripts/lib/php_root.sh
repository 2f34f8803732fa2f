# Small Debian roots with a PHP in each, in the cache folder, and how their programs run on this host.
#
# The shop runs PHP 7.4, which no current distribution has, and the listener must be as harmless on
# 8.2. So a Debian 11 and a Debian 12 are unpacked beside the host, and their PHP is started through
# its own dynamic loader and libraries: no chroot, no mounts, the same paths and sockets as everybody
# else, nothing to undo afterwards, whatever the host has installed.
#
# A root is built in a temporary folder and renamed when complete: a half-made one is never used. A
# lock keeps two callers from building at once. Needs say.sh, cache.sh, apt.sh. Sourced, never run.
# shellcheck shell=bash

# Raise it when the list of packages or php.ini changes; the next caller builds anew.
PHP_ROOT_REVISION=3

# By version: the Debian release that has it, its packages under that name, its module interface.
declare -A PHP_ROOT_RELEASE=([7.4]=bullseye [8.2]=bookworm)
declare -A PHP_ROOT_MODULES=([7.4]=20190902 [8.2]=20220829)

# Loaded always; tideways_xhprof, excimer, apcu and xdebug only on request (-d extension=NAME, or
# zend_extension). The order matters: an extension must follow those it builds upon.
PHP_ROOT_EXTENSIONS=(
    ctype mbstring pdo pdo_pgsql pgsql phar posix psr sockets tokenizer iconv fileinfo
    dom simplexml xml xmlreader xmlwriter
)

# php_root_packages VERSION: prints the packages of its root, a line each.
php_root_packages() {
    printf "php$1-%s\n" cli fpm pgsql opcache mbstring xml
    # From PHP 8 on it is built in.
    [[ $1 != 7.* ]] || printf 'php%s-json\n' "$1"
    printf 'php-%s\n' tideways excimer apcu xdebug psr
    printf 'phpunit\n'
}

# php_root_path VERSION: prints where the root is, or would be.
php_root_path() {
    printf '%s\n' "$(cache_dir)/php$1-r$PHP_ROOT_REVISION"
}

# php_root VERSION: prints the root's path, and makes it if it is missing.
php_root() {
    local root
    [[ -n ${PHP_ROOT_RELEASE[$1]:-} ]] || die "no PHP $1 here; allowed: ${!PHP_ROOT_RELEASE[*]}"
    root=$(php_root_path "$1")
    if [[ ! -e $root/.complete ]]; then
        (
            flock 9
            # Somebody else may have built it while we waited for the lock.
            [[ -e $root/.complete ]] || php_root_build "$1" "$root"
        ) 9>"$(cache_dir)/php$1.lock" || return 1
    fi
    printf '%s\n' "$root"
}

# php_root_possible VERSION: whether the root is there or could be made.
php_root_possible() {
    apt_possible || [[ -e $(php_root_path "$1")/.complete ]]
}

# php_root_build VERSION ROOT: debootstrap, packages, php.ini, rename.
php_root_build() {
    local version=$1 root=$2 work log mirror release=${PHP_ROOT_RELEASE[$1]}
    apt_possible || die "PHP $version is made with debootstrap, which only root on Debian can run here"
    apt_want debootstrap=debootstrap || die "debootstrap is missing"
    mirror=$(apt_mirror)
    log=$(dirname "$root")/php$version-build.log
    work=$(mktemp -d "$root.building.XXXXXX")
    # One file system: debootstrap mounts /proc in its root while it works.
    # shellcheck disable=SC2064 # The path of now is meant.
    trap "rm -rf --one-file-system '$work'" EXIT
    : >"$log"
    step "PHP $version: unpacking a Debian ($release) into $root (once, about 2 minutes)"
    quietly "$log" debootstrap --variant=minbase "$release" "$work" "$mirror" || exit 1
    step "PHP $version: installing its extensions and PHPUnit"
    quietly "$log" php_root_install "$version" "$work" || exit 1
    mkdir "$work/etc/php/bitville"
    php_root_ini "$version" "$root" >"$work/etc/php/bitville/php.ini"
    chmod 755 "$work"
    touch "$work/.complete"
    rm -rf "$root"
    mv "$work" "$root"
    trap - EXIT
}

php_root_install() {
    local packages work=$2
    mapfile -t packages < <(php_root_packages "$1")
    # Services of the packages must not start: the root is a box of programs, not a machine.
    printf '#!/bin/sh\nexit 101\n' >"$work/usr/sbin/policy-rc.d"
    chmod 755 "$work/usr/sbin/policy-rc.d"
    # Whatever way to the mirror the host's apt knows, the root's must know as well.
    apt-config dump Acquire::http >"$work/etc/apt/apt.conf.d/80host"
    apt-config dump Acquire::https >>"$work/etc/apt/apt.conf.d/80host"
    # An old release is no longer renewed, so the date in its lists says nothing.
    local options=(-o Acquire::Check-Valid-Until=false)
    local environment=(LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
    env "${environment[@]}" chroot "$work" apt-get -q "${options[@]}" update &&
        env "${environment[@]}" chroot "$work" apt-get -qy "${options[@]}" \
            install --no-install-recommends "${packages[@]}" &&
        chroot "$work" apt-get clean &&
        find "$work/var/lib/apt/lists" -type f -delete
}

# php_root_ini VERSION ROOT: the settings that make PHP look into its root instead of the host's /etc.
php_root_ini() {
    local version=$1 root=$2 name
    cat <<INI
; Written by scripts/lib/php_root.sh: PHP's view of its root from outside.
extension_dir = "$root/usr/lib/php/${PHP_ROOT_MODULES[$version]}"
include_path = ".:$root/usr/share/php"
date.timezone = UTC
memory_limit = 256M
error_reporting = E_ALL
display_errors = stderr
opcache.enable_cli = 0
zend_extension = opcache
INI
    [[ $version != 7.* ]] || printf 'extension = json\n'
    for name in "${PHP_ROOT_EXTENSIONS[@]}"; do
        printf 'extension = %s\n' "$name"
    done
}

# php_root_command VERSION PROGRAM: fills PHP_COMMAND with the words that start `php`, `php-fpm` or
# `phpunit` of that root.
php_root_command() {
    local version=$1 root loader triplet program arguments=()
    root=$(php_root "$version")
    case $2 in
        php) program=$root/usr/bin/php$version ;;
        php-fpm) program=$root/usr/sbin/php-fpm$version ;;
        phpunit) program=$root/usr/bin/php$version arguments=("$root/usr/bin/phpunit") ;;
        *) die "no program \"$2\" in $root; allowed: php, php-fpm, phpunit" ;;
    esac
    # The file itself: the loader's well-known name is a link that may lead to the host's.
    for loader in "$root"/lib/*-linux-gnu*/ld-*.so "$root"/lib/*-linux-gnu*/ld-linux-*.so.*; do
        [[ ! -x $loader ]] || break
    done
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
        "$program"
        # Also in php.ini, but a test may switch that off with -n and still name an extension.
        -d "extension_dir=$root/usr/lib/php/${PHP_ROOT_MODULES[$version]}"
        "${arguments[@]}"
    )
}

# php_root_main VERSION SCRIPT VERB ARGS...: the whole of scripts/php74 and scripts/php82.
php_root_main() {
    local version=$1 script=$2 verb=${3:-}
    shift $(($# < 3 ? $# : 3))
    # What a test uses to start a PHP of its own: PHP_BINARY would miss the loader in front of it.
    export BITVILLE_TEST_PHP="$script php" BITVILLE_TEST_FPM="$script php-fpm"
    case $verb in
        root) php_root "$version" ;;
        php | php-fpm | phpunit)
            php_root_command "$version" "$verb"
            exec "${PHP_COMMAND[@]}" "$@"
            ;;
        *)
            say "usage: $script php ARGS...      run a script or -r, as php would"
            say "       $script php-fpm ARGS...  the process manager; give it -y FILE"
            say "       $script phpunit ARGS...  the tests under PHP $version"
            say "       $script root             print the root's folder, and make it if missing"
            exit 64
            ;;
    esac
}
