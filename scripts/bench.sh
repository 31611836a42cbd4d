#!/usr/bin/env bash
# The benchmarks: a table of each, then one of what is owed and what was measured.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh run bench
tables=$(mktemp)
trap 'rm -f "$tables"' EXIT
for benchmark in hits tls cold fill memory index; do
    "Benchmarks/$benchmark/run.sh" | tee --append "$tables"
done
echo
awk -f Benchmarks/summary.awk "$tables"
