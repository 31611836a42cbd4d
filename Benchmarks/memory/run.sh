#!/usr/bin/env bash
# B6: memory, idle and with 1,000 clients downloading. Prints a table.
# Usage: Benchmarks/memory/run.sh [BINARY]
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${1:-.build/release/larder}")
. Benchmarks/common.sh

# Megabytes of the field $1 of the process's status.
megabytes() { awk -v field="$1:" '$1 == field { printf "%.1f", $2 / 1024 }' "/proc/$larder/status"; }

ulimit -n "$(ulimit -Hn)"
start_registry
head --bytes=50000000 /dev/urandom >"$work/layer"
push_image "$work/layer"
layer=$(digest_of "$work/layer")
start_larder "$work/data" info text
settle
sleep 3
idle_resident=$(megabytes VmRSS) idle_anonymous=$(megabytes RssAnon)
curl --silent --fail --output /dev/null "$url/v2/$name/blobs/$layer"
sleep 1

wrk --threads 1 --connections 1000 --duration 12s --timeout 60s "$url/v2/$name/blobs/$layer" >"$work/wrk" &
loading=$!
most_resident=0 most_anonymous=0
for _ in {1..20}; do
    sleep 0.5
    most_resident=$(printf '%s\n' "$most_resident" "$(megabytes VmRSS)" | sort --general-numeric-sort | tail --lines 1)
    most_anonymous=$(printf '%s\n' "$most_anonymous" "$(megabytes RssAnon)" | sort --general-numeric-sort | tail --lines 1)
done
wait $loading

printf '%-34s %12s %12s\n' "B6 memory" resident anonymous
printf '%-34s %9s MB %9s MB\n' "idle" "$idle_resident" "$idle_anonymous"
printf '%-34s %9s MB %9s MB\n' "1,000 clients downloading" "$most_resident" "$most_anonymous"
