#!/usr/bin/env bash
# Checks the direction of imports between the modules (docs/architecture.md).
# Usage: scripts/check-imports.sh [PROJECT_ROOT]
set -euo pipefail
cd "${1:-"$(dirname "$0")/.."}"

ours='OCI|Measurement|CacheStore|Upstream|Server|Migrations|CSQLite|CYAML|CLinux|TestKit'
http='AsyncHTTPClient|Hummingbird[A-Za-z]*|HTTPTypes|NIOHTTP[A-Za-z0-9]*|NIOSSL'
failed=0

# Prints "file:line:module" for each import of the module in directory $1.
imports() {
    local keyword='(struct|class|enum|protocol|typealias|func|let|var)'
    local prefix='^[[:space:]]*((@[A-Za-z_]+(\([^)]*\))?|public|package|internal|fileprivate|private)[[:space:]]+)*'
    { grep --recursive --line-number --extended-regexp --include='*.swift' \
        "${prefix}import[[:space:]]" "$1" || true; } |
        sed --regexp-extended \
            "s/^([^:]+:[0-9]+):.*import[[:space:]]+($keyword[[:space:]]+)?([A-Za-z0-9_]+).*/\1:\4/"
}

# Complains about each import in directory $1 that matches $2 but not $3, for reason $4.
forbid() {
    local file line module
    while IFS=: read -r file line module; do
        if [[ $module =~ ^($2)$ && ! $module =~ ^($3)$ ]]; then
            echo "$file:$line: error: import of $module: $4" >&2
            failed=1
        fi
    done < <(imports "$1")
}

none='-'
forbid Sources 'Foundation|FoundationNetworking|FoundationXML' "$none" \
    'sources import FoundationEssentials only'
forbid Sources/OCI "$ours|$http|NIO[A-Za-z]*" "$none" 'OCI is a leaf of plain values'
forbid Sources/Measurement "$ours|$http|NIO[A-Za-z]*" "$none" 'Measurement is a leaf'
forbid migrations "$ours" "$none" 'Migrations is a leaf'
forbid Sources/CacheStore "$ours" 'OCI|Measurement|CSQLite|CLinux|Migrations' \
    'CacheStore knows OCI, Measurement, CSQLite, CLinux and Migrations only'
forbid Sources/CacheStore "$http" "$none" 'CacheStore knows no HTTP'
forbid Sources/Upstream "$ours" 'OCI|Measurement|CLinux' \
    'Upstream knows OCI, Measurement and CLinux only, no SQLite'
forbid Sources/Upstream 'Hummingbird[A-Za-z]*' "$none" 'Upstream is a client'
exit $failed
