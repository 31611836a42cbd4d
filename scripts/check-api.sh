#!/usr/bin/env bash
# Checks that a running Larder does what its /openapi.json says, asked well and badly. It purges
# and evicts: the instance must be one that nobody needs. Its token is in LARDER_ADMIN_TOKEN.
# Usage: scripts/check-api.sh URL
set -euo pipefail
[[ $# -eq 1 && -n ${LARDER_ADMIN_TOKEN:-} ]] || {
    echo "usage: LARDER_ADMIN_TOKEN=… $0 http://HOST:PORT" >&2
    exit 2
}
url="$1"
cd "$(dirname "$0")/.."
scripts/install-schemathesis.sh

# Runs the checks for operations with the given methods.
check() {
    NO_PROXY='*' .build/schemathesis/bin/schemathesis \
        --config-file scripts/schemathesis/schemathesis.toml run "$url/openapi.json" \
        --no-color --phases examples,coverage,fuzzing --max-examples 40 --continue-on-failure "$@"
}

# What reads goes first, while there is something to read.
failed=0
check --include-method GET || failed=1
check --include-method POST --include-method PUT --include-method DELETE || failed=1
exit $failed
