#!/usr/bin/env bash
# B7: what an index of 1,000,000 blobs costs, against an empty one. Prints a table.
# Usage: Benchmarks/index/run.sh [BINARY]
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${1:-.build/release/larder}")
work=$(mktemp --directory --tmpdir larder-bench.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

. Benchmarks/common.sh

# Loads the manifest for $1 seconds; prints requests per second and the p99 in milliseconds.
load() {
    local digest
    digest=sha256:$(sha256sum "$work/manifest" | cut --delimiter=' ' --fields=1)
    wrk --threads 1 --connections 16 --duration "$1s" --latency \
        "$url/v2/$name/manifests/$digest" |
        awk '$1 == "99%" { p99 = $2; if (p99 ~ /us$/) p99 /= 1000; else if (p99 ~ /[0-9]s$/ && p99 !~ /ms$/) p99 *= 1000 }
            $1 == "Requests/sec:" { rate = $2 }
            END { printf "%d %.2f\n", rate, p99 }'
}

# The median of 15 calls of $1, in milliseconds.
median_ms() {
    for _ in {1..15}; do
        curl --silent --output /dev/null --write-out '%{time_total}\n' "$url$1"
    done | sort --numeric-sort | awk 'NR == 8 { printf "%.1f", $1 * 1000 }'
}

memory_mb() { awk '$1 == "VmRSS:" { printf "%.0f", $2 / 1024 }' "/proc/$larder/status"; }

pull() { curl --silent --fail --output /dev/null "$url/v2/$name/manifests/1"; }

fill_index() {
    say "making an index of 1,000,000 blobs"
    local database="$1/larder.db" triggers drops
    triggers=$(sed --quiet '/^CREATE TRIGGER/,/^END;/p' migrations/sql/*.sql)
    drops=$(sed --quiet --regexp-extended 's/^CREATE TRIGGER ([a-z_]+).*/DROP TRIGGER \1;/p' migrations/sql/*.sql)
    sqlite3 "$database" "$drops"
    sqlite3 "$database" ".parameter set :now $EPOCHSECONDS" ".read Benchmarks/index/make-index.sql"
    sqlite3 "$database" "$triggers"
    mkdir --parents "$1"/blobs/sha256/{0..9}{{0..9},{a..f}} "$1"/blobs/sha256/{a..f}{{0..9},{a..f}}
    sqlite3 "$database" "SELECT '$1/blobs/sha256/' || substr(h, 3, 2) || '/' || substr(h, 3)
        FROM (SELECT lower(hex(value)) AS h FROM digest)" |
        xargs --max-args=2000 touch
}

start_registry
head --bytes=1000000 /dev/urandom >"$work/layer"
push_image "$work/layer"
start_larder "$work/empty" warning
pull
settle
read -r empty_rate empty_p99 < <(load 5)
empty_memory=$(memory_mb)
empty_started=$started
stop_larder

mkdir "$work/full"
start_larder "$work/full" warning
stop_larder
fill_index "$work/full"
start_larder "$work/full" warning
full_started=$started
pull
settle
read -r full_rate full_p99 < <(load 5)
full_memory=$(memory_mb)

declare -A query
for path in /stats /stats/upstreams /stats/repositories '/stats/repositories?sort=bytes' \
    /stats/images '/stats/images?sort=hits' '/stats/images?sort=bytes' '/stats/images?sort=size' \
    '/stats/images?upstream=quay.io&repository=team-2/app-2' '/stats/images?upstream=quay.io' \
    '/stats/images?pattern=docker.io/team-7/**:v1*' '/stats/timeline?step=day&from=0' \
    /stats/clients /stats/evictions '/stats/cold?older_than=30d' /stats/cache /metrics; do
    query[$path]=$(median_ms "$path")
done

say "evicting 100,000 blobs under load"
used=$(curl --silent $url/stats | jq .cache.used_bytes)
token=$(cat "$work/full/admin.token")
read -r quiet_rate quiet_p99 < <(load 5)
evict_began=$EPOCHREALTIME
curl --silent --request POST --header "Authorization: Bearer $token" \
    --header "Content-Type: application/json" \
    --data "{\"to_bytes\": $((used - 100000 * 102400))}" \
    $url/admin/v1/evict >"$work/evicted.json" &
evicting=$!
read -r busy_rate busy_p99 < <(load 5)
wait $evicting
evict_seconds=$(awk -v from="$evict_began" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }')

printf '%-44s %12s %12s\n' "B7, index of 1,000,000 blobs" empty full
printf '%-44s %9s ms %9s ms\n' "ready after start" "$empty_started" "$full_started"
printf '%-44s %10s/s %10s/s\n' "manifest hits" "$empty_rate" "$full_rate"
printf '%-44s %9s ms %9s ms\n' "p99 of hits" "$empty_p99" "$full_p99"
printf '%-44s %9s MB %9s MB\n' "resident memory" "$empty_memory" "$full_memory"
printf '%-44s %9s ms %9s ms\n' "p99 of hits: before, while evicting" "$quiet_p99" "$busy_p99"
printf '%-44s %10s/s %10s/s\n' "hits: before, while evicting" "$quiet_rate" "$busy_rate"
printf '%-44s %12s %10s s\n' "evicted objects" "$(jq .objects "$work/evicted.json")" "$evict_seconds"
for path in "${!query[@]}"; do
    printf '%-57s %9s ms\n' "GET $path" "${query[$path]}"
done | sort
