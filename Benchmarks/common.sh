# What the benchmarks share: a directory that goes at the end, a registry with one image, Larder
# before it, measuring. Sourced.

work=$(mktemp --directory --tmpdir larder-bench.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

registry_port=5190 port=5191
url=http://127.0.0.1:$port
name=lab.local/bench/app

say() { echo "bench: $*" >&2; }

# Waits until $1 answers 200; prints the milliseconds that took since $2 (as EPOCHREALTIME).
ready_after() {
    until [[ $(curl --silent --output /dev/null --write-out '%{http_code}' "$1") == 200 ]]; do
        sleep 0.002
    done
    awk -v from="$2" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.0f", (to - from) * 1000 }'
}

# Serves an empty registry at registry_port.
start_registry() {
    mkdir "$work/registry"
    cat >"$work/registry.yml" <<YAML
version: 0.1
log: {level: error, accesslog: {disabled: false}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: 127.0.0.1:$registry_port}
YAML
    docker-registry serve "$work/registry.yml" &>"$work/registry.log" &
    ready_after http://127.0.0.1:$registry_port/v2/ "$EPOCHREALTIME" >/dev/null
}

# Uploads the file $1; prints its digest.
push_blob() {
    local digest location
    digest=sha256:$(sha256sum "$1" | cut --delimiter=' ' --fields=1)
    location=$(curl --silent --include --request POST \
        http://127.0.0.1:$registry_port/v2/bench/app/blobs/uploads/ |
        tr --delete '\r' | sed --quiet 's/^Location: //Ip')
    curl --silent --fail --request PUT --header 'Content-Type: application/octet-stream' \
        --data-binary "@$1" "$location&digest=$digest"
    echo "$digest"
}

# Pushes the tag 1, an image of a config and the layers in the files given; its manifest stays
# in $work/manifest.
push_image() {
    echo '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' \
        >"$work/config"
    local config layers="" file type=application/vnd.oci.image
    config=$(push_blob "$work/config")
    for file in "$@"; do
        layers+=$(printf ',{"mediaType":"%s.layer.v1.tar","digest":"%s","size":%d}' \
            $type "$(push_blob "$file")" "$(stat --format=%s "$file")")
    done
    printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":{"mediaType":"%s.config.v1+json","digest":"%s","size":%d},"layers":[%s]}' \
        $type $type "$config" "$(stat --format=%s "$work/config")" "${layers#,}" >"$work/manifest"
    curl --silent --fail --request PUT --header "Content-Type: $type.manifest.v1+json" \
        --data-binary "@$work/manifest" http://127.0.0.1:$registry_port/v2/bench/app/manifests/1
}

# Serves the data directory $1, logging from level $2 on; sets larder, and started to the
# milliseconds until it was ready.
start_larder() {
    cat >"$work/larder.yaml" <<YAML
listen: 127.0.0.1:$port
data_dir: $1
log: {level: $2, format: ${3:-json}}
cache: {max_size: 1TiB, min_free: 0}
eviction: {min_age: 0s}
scrub: {every: 0s}
backup: {every: 0s}
tags: {fresh_for: 1h}
upstreams:
  lab.local: {url: "http://127.0.0.1:$registry_port", allow_http: true, allow_private_addresses: true}
YAML
    local began=$EPOCHREALTIME
    "$binary" serve --config "$work/larder.yaml" >>"$work/larder.log" 2>&1 &
    larder=$!
    started=$(ready_after $url/readyz "$began")
}

stop_larder() {
    kill -TERM "$larder"
    wait "$larder" || true
}

# The CPU that the processes given have used, user and system, in clock ticks of 10 ms.
ticks() {
    local pid sum=0
    for pid in "$@"; do
        sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$pid/stat")))
    done
    echo $sum
}

# Waits until Larder has used less than a tenth of a core for a second: its start is over.
settle() {
    local before after
    while true; do
        before=$(ticks "$larder")
        sleep 1
        after=$(ticks "$larder")
        ((after - before < 10)) && return
    done
}

# The median of column $3 of the runs of figure $1 at server $2, and the least and the most.
median() {
    awk -v column="$3" '{ print $column }' "$work/$1.$2" | sort --general-numeric-sort |
        awk '{ value[NR] = $1 } END { printf "%s %s %s", value[int((NR + 1) / 2)], value[1], value[NR] }'
}

# A line of the table: title $1, figure $2, column $3, unit $4, servers from $5 on.
line() {
    local title=$1 figure=$2 column=$3 unit=$4 server least most middle first=""
    shift 4
    printf '%-34s' "$title"
    for server in "$@"; do
        read -r middle least most <<<"$(median "$figure" "$server" "$column")"
        printf ' %26s' "$middle $unit ($least–$most)"
        if [[ -z $first ]]; then
            first=$middle
        else
            printf ' %6s' "×$(awk -v a="$first" -v b="$middle" 'BEGIN { printf "%.2f", a / b }')"
        fi
    done
    printf '\n'
}
