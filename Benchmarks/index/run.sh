#!/usr/bin/env bash
# B7: what an index of 1,000,000 blobs costs, against an empty one. Prints a table.
# Usage: Benchmarks/index/run.sh [BINARY]
# ROUNDS (15) and SECONDS_EACH (2) make the comparison of hits longer or shorter.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${1:-.build/release/larder}")
. Benchmarks/common.sh

rounds=${ROUNDS:-15} seconds=${SECONDS_EACH:-2}

# Loads the manifest at the server $2, which has the URL $3 and the process $4, for the figure $1.
load_manifest() { load "$1" "$2" "$3/v2/$name/manifests/$manifest" 16 "$4"; }

# The median of 15 calls of $1, in milliseconds.
median_ms() {
    for _ in {1..15}; do
        curl --silent --output /dev/null --write-out '%{time_total}\n' "$url$1"
    done | sort --numeric-sort | awk 'NR == 8 { printf "%.1f", $1 * 1000 }'
}

memory_mb() { awk '$1 == "VmRSS:" { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }

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
manifest=$(digest_of "$work/manifest")

mkdir "$work/full"
start_larder "$work/full" warning
stop_larder
fill_index "$work/full"
start_larder "$work/full" warning
full=$larder full_url=$url full_started=$started
pull
say "waiting for the walk after the start"
settle

port=5194 url=http://127.0.0.1:5194
start_larder "$work/empty" warning
empty=$larder empty_url=$url empty_started=$started
pull
settle

for round in $(seq "$rounds"); do
    say "round $round of $rounds"
    load_manifest hits empty "$empty_url" "$empty"
    load_manifest hits full "$full_url" "$full"
done
empty_memory=$(memory_mb "$empty")
full_memory=$(memory_mb "$full")
larder=$empty stop_larder
larder=$full url=$full_url

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
seconds=5
for _ in {1..5}; do load_manifest evicting before "$url" "$larder"; done
evict_began=$EPOCHREALTIME
curl --silent --request POST --header "Authorization: Bearer $token" \
    --header "Content-Type: application/json" \
    --data "{\"to_bytes\": $((used - 100000 * 102400))}" \
    $url/admin/v1/evict >"$work/evicted.json" &
evicting=$!
for _ in {1..5}; do load_manifest evicting during "$url" "$larder"; done
wait $evicting
evict_seconds=$(awk -v from="$evict_began" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }')

printf '%-44s %12s %12s\n' "B7, index of 1,000,000 blobs" empty full
printf '%-44s %9s ms %9s ms\n' "ready after start" "$empty_started" "$full_started"
line "CPU per manifest hit" hits 1 µs empty full
line "manifest hits" hits 3 /s empty full
line "p99 of hits" hits 4 ms empty full
printf '%-44s %9s MB %9s MB\n' "resident memory" "$empty_memory" "$full_memory"
line "p99 of hits: before, while evicting" evicting 4 ms before during
line "hits: before, while evicting" evicting 3 /s before during
printf '%-44s %12s %10s s\n' "evicted objects" "$(jq .objects "$work/evicted.json")" "$evict_seconds"
for path in "${!query[@]}"; do
    printf '%-57s %9s ms\n' "GET $path" "${query[$path]}"
done | sort
