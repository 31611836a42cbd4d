# What the benchmarks share: a directory that goes at the end, a registry with one image, Larder
# before it, nginx beside it, and what measures them. Sourced.

. Benchmarks/measuring.sh

work=$(mktemp --directory --tmpdir larder-bench.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

registry_port=5190 port=5191 nginx_port=5192
url=http://127.0.0.1:$port
name=lab.local/bench/app
# What clients send; docker-registry gives no OCI manifest without it.
accept="Accept: application/vnd.oci.image.manifest.v1+json"

say() { echo "bench: $*" >&2; }

# Waits until $1 answers 200; prints the milliseconds that took since $2 (as EPOCHREALTIME).
ready_after() {
    until [[ $(curl --silent --insecure --output /dev/null --write-out '%{http_code}' "$1") == 200 ]]; do
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

digest_of() { echo "sha256:$(sha256sum "$1" | cut --delimiter=' ' --fields=1)"; }

# Uploads the file $1; prints its digest.
push_blob() {
    local digest location
    digest=$(digest_of "$1")
    location=$(curl --silent --include --request POST \
        http://127.0.0.1:$registry_port/v2/bench/app/blobs/uploads/ |
        tr --delete '\r' | sed --quiet 's/^Location: //Ip')
    curl --silent --fail --header 'Content-Type: application/octet-stream' \
        --upload-file "$1" "$location&digest=$digest"
    echo "$digest"
}

# Pushes the tag $tag (1), an image of a config and the layers in the files given; its manifest
# stays in $work/manifest.
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
        --data-binary "@$work/manifest" "http://127.0.0.1:$registry_port/v2/bench/app/manifests/${tag:-1}"
}

# Serves the data directory $1, logging from level $2 on, run by the command in launcher if there
# is one, with further lines of configuration in settings; sets larder, and started to the milliseconds until it was ready.
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
${settings:-}
upstreams:
  lab.local: {url: "http://127.0.0.1:$registry_port", allow_http: true, allow_private_addresses: true}
YAML
    local began=$EPOCHREALTIME
    ${launcher[@]+"${launcher[@]}"} "$binary" serve --config "$work/larder.yaml" >>"$work/larder.log" 2>&1 &
    larder=$!
    started=$(ready_after $url/readyz "$began")
}

# Serves what standard input says, part of nginx's http block, at nginx_port, with a line in the
# log for each request; waits for the URL $1, and sets nginx.
start_nginx() {
    {
        cat <<CONF
daemon off;
user root;
worker_processes auto;
pid $work/nginx.pid;
error_log $work/nginx.error;
events {}
http {
    access_log $work/nginx.log;
    default_type application/octet-stream;
    sendfile on;
    keepalive_requests 1000000000;
CONF
        cat
        echo "}"
    } >"$work/nginx.conf"
    nginx -c "$work/nginx.conf" &
    nginx=$!
    ready_after "$1" "$EPOCHREALTIME" >/dev/null
}

# Serves by nginx, under the paths that Larder has them under, the manifest of push_image and the
# files from $2 on as blobs; its server block has the lines $1 too.
start_static_nginx() {
    local files=$work/nginx/v2/$name file
    mkdir --parents "$files/manifests" "$files/blobs"
    cp "$work/manifest" "$files/manifests/$(digest_of "$work/manifest")"
    for file in "${@:2}"; do cp "$file" "$files/blobs/$(digest_of "$file")"; done
    start_nginx "http://127.0.0.1:$nginx_port/v2/$name/manifests/$(digest_of "$work/manifest")" <<CONF
    tcp_nopush on;
    open_file_cache max=1000;
    server {
        listen 127.0.0.1:$nginx_port backlog=1024;
        root $work/nginx;
        $1
    }
CONF
}

# Asks for the URL $1 until it is hot: Larder fetches it, answers from the store, keeps it at hand.
# curl gets the arguments from $2 on.
warm() {
    local wanted=$1
    shift
    for _ in 1 2 3; do
        curl --silent --fail --output /dev/null "$@" "$wanted"
        sleep 0.5
    done
}

stop_larder() {
    kill -TERM "$larder"
    wait "$larder" || true
}
