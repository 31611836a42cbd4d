#!/usr/bin/env bash
# What a file that has to be read from the disk does to the hits beside it, against nginx with the
# same files. Prints a table. Usage: Benchmarks/cold/run.sh [BINARY]
# ROUNDS (5) and SECONDS_EACH (4) make it longer or shorter.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${1:-.build/release/larder}")
. Benchmarks/common.sh

rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-4}

# Drops the pages of the file $1 from memory; they must be on the disk.
drop() { dd if="$1" iflag=nocache count=0 status=none; }

# Downloads $1 over and over, its file $2 being dropped before each time where $3 is "cold".
download() {
    while true; do
        [[ $3 == warm ]] || drop "$2"
        curl --silent --fail --output /dev/null "$1"
    done
}

# Manifest hits at the server $1, with the root URL $2 and the blob's file $3, alone and beside
# downloads; the processes of the server are given from $4 on.
run() {
    local beside downloads
    load alone "$1" "$2/v2/$name/$manifest" 16 "${@:4}"
    for beside in warm cold; do
        download "$2/v2/$name/$blob" "$3" $beside &
        downloads=$!
        load $beside "$1" "$2/v2/$name/$manifest" 16 "${@:4}"
        kill $downloads
        wait $downloads || true
    done
}

head --bytes=1000000000 /dev/urandom >"$work/layer"
start_registry
push_image "$work/layer"
manifest=manifests/$(digest_of "$work/manifest") blob=blobs/$(digest_of "$work/layer")
start_static_nginx "" "$work/layer"
start_larder "$work/data" info text
for path in "$manifest" "$blob"; do
    warm "$url/v2/$name/$path"
done
settle
hex=${blob#blobs/sha256:}
larder_file=$work/data/blobs/sha256/${hex:0:2}/$hex nginx_file=$work/nginx/v2/$name/$blob
sync "$larder_file" "$nginx_file"

for round in $(seq "$rounds"); do
    say "round $round of $rounds"
    run larder "$url" "$larder_file" "$larder"
    run nginx "http://127.0.0.1:$nginx_port" "$nginx_file" $(nginx_processes)
done

printf '%-34s %26s %26s %6s\n' "manifest hits: median of $rounds runs" larder nginx ratio
line "p99 alone" alone 4 ms larder nginx
line "p99 beside 1 GB from memory" warm 4 ms larder nginx
line "p99 beside 1 GB from the disk" cold 4 ms larder nginx
line "hits alone" alone 3 /s larder nginx
line "hits beside 1 GB from memory" warm 3 /s larder nginx
line "hits beside 1 GB from the disk" cold 3 /s larder nginx
