#!/usr/bin/env bash
# Installs schemathesis below .build, at the versions of scripts/schemathesis/requirements.txt;
# what is there already is used again.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=scripts/schemathesis/requirements.txt
target=.build/schemathesis

if cmp --silent "$wanted" "$target/requirements.txt" &&
    "$target/bin/schemathesis" --version >/dev/null 2>&1; then
    exit 0
fi
echo "installing $(grep '^schemathesis==' "$wanted")"
rm -rf "$target"
/usr/bin/python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check --no-input --only-binary :all: \
    --requirement "$wanted"
cp "$wanted" "$target/requirements.txt"
