#!/usr/bin/env bash
# B1–B3: what a hit costs, against nginx with the same files and docker-registry as a warm proxy.
# Prints a table. Usage: Benchmarks/hits/run.sh [BINARY]
# ROUNDS (5) and SECONDS_EACH (4) make it longer or shorter.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${1:-.build/release/larder}")
. Benchmarks/common.sh

nginx_port=5192 proxy_port=5193
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-4}
# What clients send; docker-registry gives no OCI manifest without it.
accept="Accept: application/vnd.oci.image.manifest.v1+json"

# The same paths as Larder's, as static files, with a line in the log for each request.
start_nginx() {
    local files=$work/nginx/v2/$name
    mkdir --parents "$files/manifests" "$files/blobs"
    cp "$work/manifest" "$files/manifests/$manifest"
    cp "$work/small" "$files/blobs/$small"
    cp "$work/large" "$files/blobs/$large"
    chmod --recursive a+rX "$work"
    cat >"$work/nginx.conf" <<CONF
daemon off;
worker_processes auto;
pid $work/nginx.pid;
error_log $work/nginx.error;
events {}
http {
    access_log $work/nginx.log;
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=1000;
    server { listen 127.0.0.1:$nginx_port backlog=1024; root $work/nginx; }
}
CONF
    nginx -c "$work/nginx.conf" &
    nginx=$!
    ready_after "http://127.0.0.1:$nginx_port/v2/$name/manifests/$manifest" "$EPOCHREALTIME" >/dev/null
}

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
    nginx) echo "$nginx" $(pgrep --parent "$nginx") ;;
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

# One run against the server $1 of the path $2 over $3 connections, for the figure $4; appends to
# "$work/$4.$1" microseconds of CPU per request, CPU seconds per GB, requests per second.
run() {
    local before after
    before=$(ticks $(pids "$1"))
    wrk --threads 1 --connections "$3" --duration "${seconds}s" --timeout 60s \
        --header "$accept" "$(at "$1" "$2")" >"$work/wrk"
    after=$(ticks $(pids "$1"))
    awk -v ticks=$((after - before)) '
        $2 == "requests" && $3 == "in" { count = $1; read = $5
            unit = read; gsub(/[0-9.]/, "", unit); sub(/[A-Z]+,?$/, "", read)
            bytes = read * (unit ~ /^GB/ ? 2^30 : unit ~ /^MB/ ? 2^20 : unit ~ /^KB/ ? 2^10 : 1) }
        $1 == "Requests/sec:" { rate = $2 }
        /Non-2xx|Socket errors/ { print "bench: " $0 > "/dev/stderr" }
        END { printf "%.2f %.3f %.0f\n", ticks * 10000 / count, ticks / 100 / (bytes / 1e9), rate }
    ' "$work/wrk" >>"$work/$4.$1"
}

head --bytes=1000000 /dev/urandom >"$work/small"
head --bytes=200000000 /dev/urandom >"$work/large"
start_registry
push_image "$work/small" "$work/large" "$work/small" "$work/small" "$work/small"
manifest=sha256:$(sha256sum "$work/manifest" | cut --delimiter=' ' --fields=1)
small=sha256:$(sha256sum "$work/small" | cut --delimiter=' ' --fields=1)
large=sha256:$(sha256sum "$work/large" | cut --delimiter=' ' --fields=1)
start_nginx
start_proxy
start_larder "$work/data" info text

say "warming"
for server in larder nginx registry; do
    for path in "manifests/$manifest" "blobs/$small" "blobs/$large"; do
        for _ in 1 2 3; do
            curl --silent --fail --output /dev/null --header "$accept" "$(at $server "$path")"
            sleep 0.3
        done
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
