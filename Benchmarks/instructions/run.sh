#!/usr/bin/env bash
# What a request costs in instructions, beside the recorded figures: steady enough for CI, where
# times are not. Prints a table; fails when a figure has grown by more than 10 %.
# Usage: Benchmarks/instructions/run.sh [--record] [BINARY]; --record writes the figures down.
set -euo pipefail
cd "$(dirname "$0")/../.."
recorded=Benchmarks/instructions/recorded.txt
record=false
if [[ ${1:-} == --record ]]; then record=true; shift; fi
given=$(realpath "${1:-.build/release/larder}")
. Benchmarks/common.sh

# valgrind 3.19 stops at the debugging information of Swift 6.3, where the binary has any.
binary=$work/larder
strip --strip-debug -o "$binary" "$given"

# One core, so that there is one event loop and no race for work; before others on it, as what
# timers do is spread over fewer requests where these are slow.
launcher=(taskset --cpu-list 0)
[[ $EUID -ne 0 ]] || launcher+=(nice --adjustment=-20)
launcher+=(valgrind --tool=callgrind --separate-threads=yes "--callgrind-out-file=$work/count")

# Writes the instructions of each thread since the last dump to a file "$work/count.N-THREAD",
# N counting up.
dumps=0
dump() {
    callgrind_control --dump "$larder" >/dev/null 2>&1
    dumps=$((dumps + 1))
}

# The instructions in the last dump: of the busiest thread or, for the scope "all", of all.
counted() {
    awk -v scope="$1" '
        $1 == "totals:" { all += $2; if ($2 > busiest) busiest = $2 }
        END { print scope == "all" ? all : busiest }' "$work/count.$dumps"-*
}

# Instructions per request, for the figure $1: the difference between $3 requests and twice as
# many, over one connection, so that a connection's own cost drops out; the least of three tries
# each, as what time alone costs (timers, lines written every 50 ms) only adds. A hit has its
# whole cost on its event loop, the busiest thread (scope $2 "loop"): the others' is the write of
# counts once a second, which a try has or has not. The command $4 prints curl's configuration for
# so many requests; curl gets the arguments from $5 on.
count() {
    local figure=$1 scope=$2 few=$3 requests=$4 least=(0 0 0) times total
    shift 4
    for times in 1 2 1 2 1 2; do
        $requests $((times * few)) >"$work/requests"
        curl --silent --fail --config "$work/requests" "$@" >/dev/null
        dump
        total=$(counted "$scope")
        if ((least[times] == 0 || total < least[times])); then least[times]=$total; fi
    done
    echo "$figure $(((least[2] - least[1]) / few))" >>"$work/figures"
}

# $2 requests of the path $1.
request() {
    for _ in $(seq "${2:-1}"); do
        printf 'url = "%s/v2/%s/%s"\noutput = "/dev/null"\n' "$url" "$name" "$1"
    done
}

by_tag() { request manifests/1 "$1"; }
by_digest() { request "manifests/$manifest" "$1"; }
blob() { request "blobs/$layer" "$1"; }

# Pulls of $1 images that nobody pulled before.
pulled=0
missing() {
    for _ in $(seq "$1"); do
        pulled=$((pulled + 1))
        request "manifests/new-$pulled"
        request "blobs/$(cat "$work/layer.$pulled")"
    done
}

misses=4
start_registry
for number in $(seq $((9 * misses))); do
    head --bytes=10000 /dev/urandom >"$work/layer"
    tag=new-$number push_image "$work/layer"
    digest_of "$work/layer" >"$work/layer.$number"
done
head --bytes=1000000 /dev/urandom >"$work/layer"
push_image "$work/layer"
manifest=$(digest_of "$work/manifest")
layer=$(digest_of "$work/layer")

say "starting under valgrind"
start_larder "$work/data" info text
for path in manifests/1 "manifests/$manifest" "blobs/$layer"; do
    warm "$url/v2/$name/$path"
done
settle
dump

count manifest-by-digest loop 240 by_digest
count manifest-by-tag loop 240 by_tag
count manifest-head loop 240 by_tag --head
count manifest-unchanged loop 240 by_digest --header "If-None-Match: \"$manifest\""
count blob-1mb loop 240 blob
count blob-range loop 240 blob --range 1000-1999
count blob-unchanged loop 240 blob --header "If-None-Match: \"$layer\""
count normal-path all 60 by_digest --header 'If-Range: "none"'
count miss-of-an-image all $misses missing

if $record; then
    cp "$work/figures" $recorded
    say "recorded in $recorded"
fi
awk '
    NR == FNR { was[$1] = $2; next }
    FNR == 1 { printf "%-24s %12s %12s %8s\n", "instructions per request", "now", "recorded", "change" }
    !($1 in was) { printf "%-24s %12d %12s\n", $1, $2, "none"; failed = 1; next }
    {
        change = ($2 / was[$1] - 1) * 100
        printf "%-24s %12d %12d %+7.1f%%\n", $1, $2, was[$1], change
        # A miss goes through several threads, which wait and spin as they meet.
        if (change > ($1 ~ /^miss/ ? 30 : 10)) { grown = grown " " $1; failed = 1 }
        if (change < -10) shrunk = shrunk " " $1
    }
    END {
        if (shrunk) print "shrunk by more than 10 %, record anew:" shrunk
        if (grown) print "grown by more than 10 % (a miss by 30 %):" grown > "/dev/stderr"
        exit failed
    }' $recorded "$work/figures"
