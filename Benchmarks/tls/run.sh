#!/usr/bin/env bash
# What a hit costs over TLS 1.3, against nginx with the same files, certificate and cipher, the one
# that Larder takes. Prints a table. Usage: Benchmarks/tls/run.sh [BINARY]
# ROUNDS (5) and SECONDS_EACH (4) make it longer or shorter.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${1:-.build/release/larder}")
. Benchmarks/common.sh

tls_port=5195 rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-4}
url=https://127.0.0.1:$port

head --bytes=1000000 /dev/urandom >"$work/small"
head --bytes=200000000 /dev/urandom >"$work/large"
start_registry
push_image "$work/small" "$work/large"
"$binary" cert --self-signed "$work/tls" >/dev/null
certificate=$work/tls/larder.crt key=$work/tls/larder.key
settings="tls: {certificate: $certificate, key: $key}"
start_larder "$work/data" info text
cipher=$(openssl s_client -connect "127.0.0.1:$port" -tls1_3 </dev/null 2>/dev/null |
    sed --quiet 's/^New, TLSv1.3, Cipher is //p')
start_static_nginx "listen 127.0.0.1:$tls_port ssl backlog=1024;
    ssl_certificate $certificate;
    ssl_certificate_key $key;
    ssl_protocols TLSv1.3;
    ssl_conf_command Ciphersuites $cipher;" "$work/small" "$work/large"

manifest=manifests/$(digest_of "$work/manifest")
small=blobs/$(digest_of "$work/small") large=blobs/$(digest_of "$work/large")
for path in "$manifest" "$small" "$large"; do
    warm "$url/v2/$name/$path" --insecure
done
settle

# Runs of the path $2 over $3 connections, for the figure $1, at each server in turn.
run() {
    load "$1" larder "$url/v2/$name/$2" "$3" "$larder"
    load "$1" nginx "https://127.0.0.1:$tls_port/v2/$name/$2" "$3" $(nginx_processes)
}

for round in $(seq "$rounds"); do
    say "round $round of $rounds"
    run manifest "$manifest" 16
    run small "$small" 8
    run large "$large" 4
done

printf '%-34s %26s %26s %6s\n' "$cipher, $rounds runs" larder nginx ratio
line "CPU per manifest hit" manifest 1 µs larder nginx
line "CPU per GB, blobs of 1 MB" small 2 s larder nginx
line "CPU per GB, a blob of 200 MB" large 2 s larder nginx
line "manifest hits per second" manifest 3 /s larder nginx
