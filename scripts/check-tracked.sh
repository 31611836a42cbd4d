#!/usr/bin/env bash
# Checks that what builds make is not under version control.
set -euo pipefail
cd "$(dirname "$0")/.."

# CI may run as another user than the owner of the checkout.
tracked="$(git -c safe.directory="$PWD" ls-files -- Package.resolved '.build*' larder-data)"
if [[ -n $tracked ]]; then
    echo "error: under version control but made by a build: $tracked" >&2
    exit 1
fi
