# Installs what a script needs from Debian and is not there, and prints what it installs.
#
# Only root on Debian can do that; on any other machine the caller gets a sentence that says what
# is missing, and decides whether that is the end. Needs say.sh. Sourced, never run.
# shellcheck shell=bash

# apt_possible: true if this machine lets us install packages.
apt_possible() {
    [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null && [[ -r /etc/debian_version ]]
}

# apt_mirror: the Debian mirror that this machine uses itself, so that no host is named here.
apt_mirror() {
    if [[ -n ${BITVILLE_DEBIAN_MIRROR:-} ]]; then
        printf '%s\n' "$BITVILLE_DEBIAN_MIRROR"
        return
    fi
    local mirror
    mirror=$(apt_sources_uris | grep -E '/debian/?$' | head -n 1 || true)
    [[ -n $mirror ]] ||
        die "no Debian mirror found in /etc/apt; name one with BITVILLE_DEBIAN_MIRROR=URL"
    printf '%s\n' "$mirror"
}

# apt_sources_uris: every URI of the machine's apt sources, deb822 files first.
apt_sources_uris() {
    local file
    for file in /etc/apt/sources.list.d/*.sources; do
        [[ -r $file ]] && awk 'tolower($1) == "uris:" { for (i = 2; i <= NF; i++) print $i }' "$file"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        # A one-line source may carry options in brackets between "deb" and the URI.
        [[ -r $file ]] && sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p' "$file"
    done
    true
}

# apt_want COMMAND=PACKAGE...: installs the packages whose command is missing. A command with a
# slash is a path that must be executable. False, with a sentence, if that can't be done here.
apt_want() {
    local pair packages=()
    for pair in "$@"; do
        apt_has_command "${pair%%=*}" || packages+=("${pair#*=}")
    done
    [[ ${#packages[@]} -gt 0 ]] || return 0
    if ! apt_possible; then
        warn "missing: ${packages[*]} (Debian packages; only root on Debian can have them installed)"
        return 1
    fi
    step "installing from Debian: ${packages[*]}"
    apt_install "${packages[@]}"
}

# apt_install PACKAGE...: the programs alone. What is a service on a server must not start here, nor
# make itself a database: it would take a port, and stay when we are gone.
apt_install() (
    policy=/usr/sbin/policy-rc.d
    cluster=/etc/postgresql-common/createcluster.d/bitville.conf
    log=$(cache_dir)/apt.log
    if [[ ! -e $policy ]]; then
        # shellcheck disable=SC2064 # The paths of now are meant.
        trap "rm -f '$policy' '$cluster'" EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    else
        # shellcheck disable=SC2064
        trap "rm -f '$cluster'" EXIT
    fi
    mkdir -p "$(dirname "$cluster")"
    printf 'create_main_cluster = false\n' >"$cluster"
    quietly "$log" apt-get -q update || warn "the package lists could not be renewed; trying with the old ones"
    quietly "$log" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qy install --no-install-recommends "$@"
)

apt_has_command() {
    # The directories of administrator's programs are often not in a user's PATH.
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null
}
