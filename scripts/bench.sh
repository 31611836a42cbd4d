#!/usr/bin/env bash
# The benchmarks; each prints a table of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh run bench
exec Benchmarks/index/run.sh
