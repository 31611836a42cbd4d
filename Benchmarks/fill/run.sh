#!/usr/bin/env bash
# B4, B5: what a miss costs: sixteen clients at once against nginx with proxy_cache_lock, and one
# against the registry itself. Prints a table. Usage: Benchmarks/fill/run.sh [BINARY]
# ROUNDS (5) makes it longer or shorter; each takes two blobs of 200 MB.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${1:-.build/release/larder}")
. Benchmarks/common.sh

rounds=${ROUNDS:-5} clients=16

start_proxy() {
    mkdir "$work/cache"
    start_nginx "http://127.0.0.1:$nginx_port/v2/" <<CONF
    proxy_cache_path $work/cache levels=1:2 keys_zone=blobs:10m max_size=100g inactive=1d use_temp_path=off;
    proxy_max_temp_file_size 0;
    server {
        listen 127.0.0.1:$nginx_port backlog=1024;
        location / {
            proxy_pass http://127.0.0.1:$registry_port;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_cache blobs;
            proxy_cache_valid 200 1d;
            proxy_cache_lock on;
            proxy_cache_lock_timeout 60s;
            proxy_cache_lock_age 60s;
        }
    }
CONF
}

# Sixteen clients ask for the blob at $1 at once; appends to "$work/fan.$2" seconds until all have
# it, and seconds until the median of them has its first byte.
fan_in() {
    local began=$EPOCHREALTIME wall arguments=()
    for _ in $(seq $clients); do arguments+=(--output /dev/null "$1"); done
    curl --silent --no-progress-meter --fail --parallel --parallel-immediate --parallel-max $clients \
        --write-out '%{time_starttransfer}\n' "${arguments[@]}" >"$work/first"
    wall=$(awk -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.3f", to - from }')
    sort --general-numeric-sort "$work/first" |
        awk -v wall="$wall" '{ value[NR] = $1 } END { print wall, value[int((NR + 1) / 2)] }' \
            >>"$work/fan.$2"
}

# One client asks for the blob at $1; appends to "$work/one.$2" milliseconds until its first byte,
# and megabytes per second.
one() {
    curl --silent --fail --output /dev/null \
        --write-out '%{time_starttransfer} %{size_download} %{time_total}\n' "$1" |
        awk '{ printf "%.2f %.0f\n", $1 * 1000, $2 / $3 / 1e6 }' >>"$work/one.$2"
}

# GETs of the blob $1 that reached the registry since it had $2 lines in its log.
fetches() {
    sleep 0.5
    tail --lines "+$(($2 + 1))" "$work/registry.log" | grep --count "GET /v2/bench/app/blobs/$1 " || true
}

log_lines() { wc --lines <"$work/registry.log"; }

start_registry
head --bytes=1000 /dev/urandom >"$work/layer"
push_image "$work/layer"
start_proxy
start_larder "$work/data" info text
# Connections and what is learnt of the registry are there before anything is measured.
curl --silent --fail --output /dev/null "$url/v2/$name/blobs/$(digest_of "$work/layer")"

gets_larder=0 gets_nginx=0
for round in $(seq "$rounds"); do
    say "round $round of $rounds"
    head --bytes=200000000 /dev/urandom >"$work/blob"
    blob=$(push_blob "$work/blob")
    before=$(log_lines)
    fan_in "$url/v2/$name/blobs/$blob" larder
    gets_larder=$((gets_larder + $(fetches "$blob" "$before")))
    before=$(log_lines)
    fan_in "http://127.0.0.1:$nginx_port/v2/bench/app/blobs/$blob" nginx
    gets_nginx=$((gets_nginx + $(fetches "$blob" "$before")))
    head --bytes=200000000 /dev/urandom >"$work/blob"
    blob=$(push_blob "$work/blob")
    one "http://127.0.0.1:$registry_port/v2/bench/app/blobs/$blob" direct
    one "$url/v2/$name/blobs/$blob" larder
done

printf '%-34s %26s %26s %6s\n' "median (least–most) of $rounds runs" larder "nginx, or direct" ratio
printf '%-34s %26s %26s\n' "B4 GETs upstream per blob" "$((gets_larder / rounds))" "$((gets_nginx / rounds))"
line "B4 16 clients, 200 MB" fan 1 s larder nginx
line "B4 median first byte" fan 2 s larder nginx
line "B5 miss: first byte" one 1 ms larder direct
line "B5 miss: throughput" one 2 MB/s larder direct
