# From the tables of all benchmarks to one: what is owed of B1 to B7, what is measured, and a mark
# where the figure is missed.

# The ratios of a line, in order.
function ratios(    field) {
    ratio[1] = ratio[2] = ""
    for (field = 1; field <= NF; field++)
        if ($field ~ /^×/) ratio[ratio[1] == "" ? 1 : 2] = substr($field, length("×") + 1)
}

# The field number $1 from the end.
function last(number) { return $(NF - number + 1) }

# `limit` is the most; with a minus sign before it, the least.
function row(figure, owed, value, limit) {
    missed = limit < 0 ? value < -limit : value > limit
    printf "%-38s %-28s %10s %s\n", figure, owed, value, missed ? "missed" : ""
}

BEGIN { printf "%-38s %-28s %10s\n", "figure", "owed", "measured" }

/^B[1-5]/ { ratios() }
/^B1 CPU/ { row("B1 CPU per manifest hit", "at most 1.0 × nginx", ratio[1], 1.0) }
/^B2 .*1 MB/ { row("B2 CPU per GB, blobs of 1 MB", "at most 1.1 × nginx", ratio[1], 1.1) }
/^B2 .*200 MB/ { row("B2 CPU per GB, a blob of 200 MB", "at most 1.1 × nginx", ratio[1], 1.1) }
/^B3 / { row("B3 manifest hits per second", "at least 8 × docker-registry", ratio[2], -8) }
/^B4 GETs/ { row("B4 GETs upstream per blob", "1", last(2), 1) }
/^B4 16 clients/ { row("B4 16 clients, one cold blob", "at most 1.2 × nginx", ratio[1], 1.2) }
/^B4 median/ { row("B4 median first byte", "at most 0.1 × nginx", ratio[1], 0.1) }
/^B5 miss: first byte/ { row("B5 first byte of a miss", "at most 3 ms later, ms", $5 - $8, 3) }
/^B5 miss: throughput/ { row("B5 throughput of a miss", "at least 0.95 × direct", ratio[1], -0.95) }
/^idle / {
    row("B6 idle, anonymous", "at most 12 MB", last(2), 12)
    row("B6 idle, resident", "at most 24 MB", last(4), 24)
}
/^1,000 clients downloading/ { row("B6 1,000 clients downloading", "at most 80 MB", last(4), 80) }
/^ready after start/ { row("B7 ready with a full index", "at most 1000 ms", last(2), 1000) }
/^CPU per manifest hit/ && isIndex {
    row("B7 CPU per hit, full : empty", "at most 1.05", sprintf("%.2f", $8 / $5), 1.05)
}
/^B7, index/ { isIndex = 1 }
/^resident memory/ { row("B7 resident, full index", "at most 60 MB", last(2), 60) }
/^p99 of hits: before/ {
    row("B7 p99 of hits while evicting", "at most 2 × before", sprintf("%.2f", $10 / $7), 2)
}
/^GET / && last(2) > slowest { slowest = last(2) }
END { if (slowest) row("B7 slowest query", "at most 50 ms", slowest, 50) }
