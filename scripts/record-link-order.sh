#!/usr/bin/env bash
# Writes scripts/link-order.txt: the functions that run until Larder is ready and idle, then those
# that first pulls run. The linker puts them together, so that fewer pages of the binary are
# resident (Benchmarks/README.md, "Memory"). Names that are gone are passed over; the list is worth
# recording anew when idle memory has grown. Usage: scripts/record-link-order.sh BINARY, which has
# its symbols.
set -euo pipefail
cd "$(dirname "$0")/.."
given=$(realpath "$1")
. Benchmarks/common.sh

# valgrind 3.19 stops at the debugging information of Swift 6.3.
binary=$work/larder
strip --strip-debug -o "$binary" "$given"
launcher=(valgrind --tool=callgrind --demangle=no --compress-strings=no
    "--callgrind-out-file=$work/count")

start_registry
head --bytes=1000000 /dev/urandom >"$work/layer"
push_image "$work/layer"
layer=$(digest_of "$work/layer")
start_larder "$work/data" info text
sleep 5
callgrind_control --dump "$larder" &>/dev/null
for _ in 1 2 3; do
    warm "$url/v2/$name/manifests/1"
    warm "$url/v2/$name/blobs/$layer"
    settle
done
callgrind_control --dump "$larder" &>/dev/null

# A function is called once here and again by those it calls: callgrind numbers these.
nm "$binary" | awk '
    NR == FNR { known[$NF]; next }
    sub(/^fn=/, "") { sub(/\x27[0-9]+$/, ""); if ($0 in known && !seen[$0]++) print }' \
    - <(sort --unique "$work/count.1") <(sort --unique "$work/count.2") >scripts/link-order.txt
say "$(wc --lines <scripts/link-order.txt) functions in scripts/link-order.txt"
