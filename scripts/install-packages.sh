#!/usr/bin/env bash
# Installs the Debian packages of the named sections of packages.txt that are missing.
# Usage: scripts/install-packages.sh build|run|test|bench …
set -euo pipefail

list="$(dirname "$0")/packages.txt"

# Prints the packages of one section.
packages() {
    awk -v section="[$1]" '
        /^#/ || NF == 0 { next }
        /^\[/ { inside = ($1 == section); found = found || inside; next }
        inside { print $1 }
        END { exit !found }
    ' "$list" || { echo "install-packages: no section '$1' in $list" >&2; exit 2; }
}

is_installed() {
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

install_quietly() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 \
        --no-install-recommends --option Dpkg::Use-Pty=0 "$@"
}

# Debian starts a package's services as it is installed, docker-registry's on Larder's own port;
# the tests start what they need themselves.
forbid_service_starts() {
    local policy=/usr/sbin/policy-rc.d
    [[ -e $policy ]] && return
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod +x $policy
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}

[[ $# -gt 0 ]] || { echo "usage: $0 build|run|test|bench …" >&2; exit 2; }

wanted=()
for section in "$@"; do
    names="$(packages "$section")"
    mapfile -t -O ${#wanted[@]} wanted <<<"$names"
done

if ! command -v dpkg-query >/dev/null; then
    echo "install-packages: not a Debian system; Larder needs what these provide: ${wanted[*]}" >&2
    exit 0
fi

missing=()
for name in "${wanted[@]}"; do
    is_installed "$name" || missing+=("$name")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

echo "installing ${missing[*]}"
forbid_service_starts
# Package lists may be absent or out of date: fetch them only then.
if ! log="$(install_quietly "${missing[@]}" </dev/null 2>&1)"; then
    as_root apt-get update --quiet=2 </dev/null
    if ! log="$(install_quietly "${missing[@]}" </dev/null 2>&1)"; then
        echo "$log" >&2
        exit 1
    fi
fi
