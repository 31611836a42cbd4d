#!/usr/bin/env bash
# B1–B3: what a hit costs, against nginx with the same files and docker-registry as a warm proxy.
# Prints a table. Usage: Benchmarks/hits/run.sh [BINARY]
# ROUNDS (5) and SECONDS_EACH (4) make it longer or shorter.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${1:-.build/release/larder}")
. Benchmarks/common.sh

proxy_port=5193
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-4}

start_proxy() {
    mkdir "$work/proxy"
    cat >"$work/proxy.yml" <<YAML
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/proxy}}
http: {addr: 127.0.0.1:$proxy_port}
proxy: {remoteurl: "http://127.0.0.1:$registry_port"}
YAML
    docker-registry serve "$work/proxy.yml" &>"$work/proxy.log" &
    proxy=$!
    ready_after http://127.0.0.1:$proxy_port/v2/ "$EPOCHREALTIME" >/dev/null
}

# The processes of the server $1.
pids() {
    case $1 in
    larder) echo "$larder" ;;
    nginx) nginx_processes ;;
    registry) echo "$proxy" ;;
    esac
}

# The URL of the path $2 at the server $1.
at() {
    case $1 in
    larder) echo "$url/v2/$name/$2" ;;
    nginx) echo "http://127.0.0.1:$nginx_port/v2/$name/$2" ;;
    registry) echo "http://127.0.0.1:$proxy_port/v2/bench/app/$2" ;;
    esac
}

# One run against the server $1 of the path $2 over $3 connections, for the figure $4.
run() { load "$4" "$1" "$(at "$1" "$2")" "$3" $(pids "$1"); }

head --bytes=1000000 /dev/urandom >"$work/small"
head --bytes=200000000 /dev/urandom >"$work/large"
start_registry
push_image "$work/small" "$work/large" "$work/small" "$work/small" "$work/small"
manifest=$(digest_of "$work/manifest")
small=$(digest_of "$work/small")
large=$(digest_of "$work/large")
start_static_nginx "" "$work/small" "$work/large"
start_proxy
start_larder "$work/data" info text

say "warming"
for server in larder nginx registry; do
    for path in "manifests/$manifest" "blobs/$small" "blobs/$large"; do
        warm "$(at $server "$path")" --header "$accept"
    done
done
settle

for round in $(seq "$rounds"); do
    say "round $round of $rounds"
    for server in larder nginx registry; do
        run $server "manifests/$manifest" 16 manifest
        run $server "blobs/$small" 8 small
        run $server "blobs/$large" 4 large
    done
done

printf '%-34s %26s %26s %6s %26s %6s\n' "median (least–most) of $rounds runs" larder nginx ratio docker-registry ratio
line "B1 CPU per manifest hit" manifest 1 µs larder nginx registry
line "B2 CPU per GB, blobs of 1 MB" small 2 s larder nginx registry
line "B2 CPU per GB, a blob of 200 MB" large 2 s larder nginx registry
line "B3 manifest hits per second" manifest 3 /s larder nginx registry
