# The folder in which the scripts keep what is dear to make twice: the PHP 7.4 root, logs of
# installations. Everything in it can be deleted at any time. Needs say.sh. Sourced, never run.
# shellcheck shell=bash

# cache_dir: prints the folder, and makes it.
cache_dir() {
    local dir=${BITVILLE_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/bitville}
    [[ $dir == /* ]] || die "BITVILLE_CACHE must be an absolute path, got \"$dir\""
    mkdir -p "$dir"
    printf '%s\n' "$dir"
}
