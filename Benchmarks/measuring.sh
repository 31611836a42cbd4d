# Loading a server, and tables of the runs. Sourced by common.sh.

# The CPU that the processes given have used, user and system, in clock ticks of 10 ms.
ticks() {
    local pid sum=0
    for pid in "$@"; do
        sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$pid/stat")))
    done
    echo $sum
}

# nginx's processes.
nginx_processes() { echo "$nginx" $(pgrep --parent "$nginx"); }

# Loads the URL $3 of the server $2 over $4 connections for $seconds, for the figure $1; the
# processes of the server are given from $5 on. Appends to "$work/$1.$2" microseconds of CPU per
# request, CPU seconds per GB, requests per second, and the p99 of the times in milliseconds.
load() {
    local before after output=$work/$1.$2
    before=$(ticks "${@:5}")
    wrk --threads 1 --connections "$4" --duration "${seconds}s" --timeout 60s --latency \
        --header "$accept" "$3" >"$work/wrk"
    after=$(ticks "${@:5}")
    awk -v ticks=$((after - before)) '
        $2 == "requests" && $3 == "in" { count = $1; read = $5
            unit = read; gsub(/[0-9.]/, "", unit); sub(/[A-Z]+,?$/, "", read)
            bytes = read * (unit ~ /^GB/ ? 2^30 : unit ~ /^MB/ ? 2^20 : unit ~ /^KB/ ? 2^10 : 1) }
        $1 == "99%" { p99 = $2 * ($2 ~ /us$/ ? 0.001 : $2 ~ /ms$/ ? 1 : 1000) }
        $1 == "Requests/sec:" { rate = $2 }
        /Non-2xx|Socket errors/ { print "bench: " $0 > "/dev/stderr" }
        END { printf "%.2f %.3f %.0f %.2f\n", ticks * 10000 / count, ticks / 100 / (bytes / 1e9), rate, p99 }
    ' "$work/wrk" >>"$output"
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
