# The only ways in which scripts/install changes a machine: each looks first, does nothing where all is as it
# should be, says in a line what it does, counts it, and does nothing but say in a dry run.
#
# Paths are those of the machine that is installed; ROOT stands before them here. What was put is
# remembered, so that it can be taken away. Needs say.sh and the variables of scripts/install.
# Sourced, never run.
# shellcheck shell=bash

# The paths that the part in work has put.
MANIFEST=()

# change TEXT COMMAND...: one change, said and counted.
change() {
    CHANGES=$((CHANGES + 1))
    say "  $1"
    shift
    [[ -n $DRY_RUN ]] || "$@"
}

# put_folder PATH MODE OWNER GROUP
put_folder() {
    local path=$1 mode=$2 owner=$3 group=$4
    if [[ ! -d $ROOT$path ]]; then
        change "make $path ($mode $owner:$group)" install -d -m "$mode" -o "$(user_id "$owner")" -g "$(group_id "$group")" "$ROOT$path"
    else
        put_owner "$path" "$mode" "$owner" "$group"
    fi
}

# put_owner PATH MODE OWNER GROUP: of something that is there.
put_owner() {
    local path=$1 mode=$2 owner=$3 group=$4 is want
    [[ -e $ROOT$path ]] || return 0
    is=$(stat -c '%a %u:%g' "$ROOT$path")
    want="$((10#$mode)) $(user_id "$owner"):$(group_id "$group")"
    [[ $is != "$want" ]] || return 0
    change "give $path to $owner:$group ($mode)" owner_set "$ROOT$path" "$mode" "${want#* }"
}

owner_set() {
    chown -h "$3" "$1" && chmod "$2" "$1"
}

# put_file SOURCE PATH MODE: root's, by a rename, so that a program that runs goes on with the old one.
put_file() {
    local source=$1 path=$2 mode=$3
    MANIFEST+=("$path")
    if [[ -f $ROOT$path && ! -L $ROOT$path ]] && cmp -s "$source" "$ROOT$path"; then
        put_owner "$path" "$mode" root root
        return
    fi
    change "put $path" file_replace "$source" "$ROOT$path" "$mode"
}

# file_replace SOURCE PATH MODE
file_replace() {
    install -d -m 755 "$(dirname "$2")"
    install -m "$3" "$1" "$2.bitville-new"
    mv -f "$2.bitville-new" "$2"
}

# put_text PATH MODE: a file with what standard input has.
put_text() {
    local file status=0
    file=$(mktemp)
    cat >"$file"
    put_file "$file" "$1" "$2" || status=$?
    rm -f "$file"
    return "$status"
}

# put_tree SOURCE PATH: all files below a folder; what it no longer has goes away.
put_tree() {
    local source=$1 path=$2 file
    while IFS= read -r file; do
        put_file "$source/$file" "$path/$file" 644
    done < <(cd "$source" && find . -type f -printf '%P\n' | LC_ALL=C sort)
    [[ -d $ROOT$path ]] || return 0
    while IFS= read -r file; do
        [[ -e $source/$file ]] || change "remove $path/$file" rm -f "$ROOT$path/$file"
    done < <(cd "$ROOT$path" && find . -type f -printf '%P\n')
}

# manifest_keep PART: what was put, for --uninstall.
manifest_keep() {
    local path
    printf '%s\n' "${MANIFEST[@]}" | LC_ALL=C sort -u | put_text "$(manifest_path "$1")" 644
    MANIFEST=()
    path=$(manifest_path "$1")
    [[ -n $DRY_RUN || -r $ROOT$path ]] || die "$path could not be written"
}

manifest_path() {
    printf '%s/installed/%s\n' "$SHARE" "$1"
}

# in_root COMMAND...: as root of the machine that is installed.
in_root() {
    if [[ -n $ROOT ]]; then chroot "$ROOT" "$@"; else "$@"; fi
}

# as_user USER COMMAND...: with that user's groups, and in a folder that it may enter.
as_user() {
    local user=$1
    shift
    (cd / && in_root runuser -u "$user" -- "$@")
}
