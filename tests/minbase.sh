#!/usr/bin/env bash
# Tries this checkout on the smallest Debian there is: python3 and ca-certificates, nothing else.
#
#   tests/minbase.sh root              ./run test as root (who may fetch python3-venv and a browser)
#   tests/minbase.sh user              ./run test as an ordinary user, python3-venv being there
#   tests/minbase.sh root ./run help   another command
#   tests/minbase.sh --fresh root …    from the beginning: the earlier environment and data are removed
#
# Needs root and debootstrap, and about 1.5 GB for each of the two. MINBASE (/tmp/minbase) is the folder of the
# untouched system; the tries live beside it in MINBASE-root and MINBASE-user and are kept, so that a second
# call tries a second start. CHECKOUT (/srv/petitions, /home/tester/petitions) is where the checkout goes in
# there; with CHECKOUT=/root/petitions only root can enter it. RELEASE is bookworm. NET=no cuts the network.
# What the host needs to reach its mirrors (certificates, proxies, pip's configuration) is lent.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d' && exit 2; }

fresh=no
[ "${1:-}" != --fresh ] || { fresh=yes && shift; }
who=${1:-}
shift || usage
[ "$who" = root ] || [ "$who" = user ] || usage
[ $# -gt 0 ] || set -- ./run test

base=${MINBASE:-/tmp/minbase}
place=$base-$who
if [ "$who" = root ]; then home=/root account=root; else home=/home/tester account=tester; fi
checkout=${CHECKOUT:-$([ "$who" = root ] && echo /srv/petitions || echo $home/petitions)}

# Folders on this machine that pip is told to look into.
pip_folders() {
    { cat /etc/pip.conf ~/.config/pip/pip.conf ~/.pip/pip.conf 2>/dev/null || true; env | grep '^PIP_' || true; } |
        grep -oE '(file://|=[ ]*)/[^ ]+' | sed -E 's,^(file://|=[ ]*),,' |
        while read -r path; do [ ! -d "$path" ] || dirname "$path"; done | grep -vx / | sort -u || true
}

lend() {
    cp /etc/resolv.conf /etc/hosts "$place/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$place/etc/ssl/certs/"
    cp -r /usr/local/share/ca-certificates "$place/usr/local/share/" 2>/dev/null || true
    [ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$place/etc/"
    grep -l -s -i 'proxy' /etc/apt/apt.conf.d/* | xargs -r cp -t "$place/etc/apt/apt.conf.d" || true
    mkdir -p "$place$home"
    for file in .config/pip/pip.conf .pip/pip.conf; do
        [ ! -e ~/"$file" ] || install -D ~/"$file" "$place$home/$file"
    done
}

make_place() {
    [ -e "$base/etc/debian_version" ] ||
        debootstrap --variant=minbase --include=python3,ca-certificates "${RELEASE:-bookworm}" "$base"
    [ "$fresh" = no ] || rm -rf "$place"
    [ ! -e "$place" ] || return 0
    cp -a "$base" "$place"
    lend
    if [ "$who" = user ]; then
        chroot "$place" useradd --create-home tester 2>/dev/null || chroot "$place" useradd tester
        chroot "$place" sh -c 'apt-get -q update && apt-get install -q -y --no-install-recommends python3-venv'
    fi
}

copy_checkout() {
    mkdir -p "$place$checkout"
    tar -c --exclude=./.venv --exclude=./data --exclude=./.git --exclude=__pycache__ --exclude='./.*_cache' . |
        tar -x -C "$place$checkout" --no-same-owner
    [ "$who" = root ] || chroot "$place" chown -R tester: "$home"
}

# Namespaces of its own: every mount and process is gone at the end.
enter() {
    local variables=(HOME="$home" USER="$account" TERM="${TERM:-dumb}")
    variables+=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
    while IFS= read -r -d '' variable; do
        [[ ${variable%%=*} =~ ^(PIP_.*|SSL_CERT_.*|.*_CA_BUNDLE|.*_(proxy|PROXY)|REQUIRE_BROWSER|PORT)$ ]] &&
            variables+=("$variable")
    done < <(env -0)
    local network=()
    [ "${NET:-yes}" = yes ] || network=(--net)
    # shellcheck disable=SC2016 # the inner shell expands these
    unshare --mount --pid --fork --kill-child "${network[@]}" bash -c '
        place=$1 checkout=$2 account=$3 folders=$4; shift 4
        ip link set lo up 2>/dev/null || true
        mount -t proc proc "$place/proc"
        mount --rbind /dev "$place/dev"
        for folder in $folders; do mkdir -p "$place$folder"; mount --bind -o ro "$folder" "$place$folder"; done
        exec chroot --userspec="$account:$account" "$place" "$@"
    ' bash "$place" "$checkout" "$account" "$(pip_folders | tr '\n' ' ')" \
        /usr/bin/env -i "${variables[@]}" sh -c 'cd "$0" && exec "$@"' "$checkout" "$@"
}

make_place
copy_checkout
enter "$@"
