#!/usr/bin/env bash
# Make, out of Debian packages alone, the images that the Dockerfile and docker-compose.yml start from, under the very
# names they use. For a machine that reaches a Debian mirror and no image registry. Needs root, debootstrap and Docker.
#
# usage: scripts/build-base-image.sh [python|redis|haproxy|prometheus]      MIRROR=... overrides the mirror of this machine's apt
set -euo pipefail
cd "$(dirname "$0")/.."

readonly SUITE=bookworm
name=

case "${1:-python}" in
python)
    name=$(sed -n 's/^ARG BASE=//p' Dockerfile)
    packages=python3,python3-venv,ca-certificates
    ;;
redis)
    packages=redis-server
    ;;
haproxy | prometheus)
    packages=$1
    ;;
*)
    echo "usage: $0 [python|redis|haproxy|prometheus]" >&2
    exit 2
    ;;
esac
name=${name:-$(sed -n "s/^ *image: \(.*$1:.*\)/\1/p" docker-compose.yml)}

for tool in debootstrap docker; do
    command -v "$tool" >/dev/null || { echo "$0: $tool is not installed" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "$0: debootstrap needs root" >&2; exit 1; }

apt_mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: $SUITE" 'Component: main' | head -n 1
}

# This machine's own certificate authorities: a proxy that signs anew what it passes on is as much in the way of the
# image as of the machine.
trust_what_this_machine_trusts() {
    [ -d "$root/usr/local/share/ca-certificates" ] || return 0
    find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates/" \;
    chroot "$root" update-ca-certificates >>"$work/log" 2>&1
    printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$root/etc/pip.conf"
}

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root
mirror=${MIRROR:-$(apt_mirror)}

echo "$name: Debian $SUITE with $packages"
# Without a mirror, debootstrap takes its own default.
debootstrap --variant=minbase --include="$packages" "$SUITE" "$root" ${mirror:+"$mirror"} >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; exit 1; }
trust_what_this_machine_trusts
for waste in var/cache/apt var/lib/apt/lists usr/share/doc usr/share/man usr/share/locale dev; do
    find "${root:?}/$waste" -mindepth 1 -delete
done
tar --create --directory "$root" . | docker import --message 'Made by scripts/build-base-image.sh' - "$name" >/dev/null
docker image ls "$name"
