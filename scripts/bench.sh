#!/usr/bin/env bash
# The benchmarks; each prints a table of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh run bench
Benchmarks/hits/run.sh
Benchmarks/tls/run.sh
Benchmarks/cold/run.sh
Benchmarks/fill/run.sh
Benchmarks/memory/run.sh
Benchmarks/index/run.sh
