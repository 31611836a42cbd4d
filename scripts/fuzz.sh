#!/usr/bin/env bash
# Tries each parser of Tests/Fuzz with libFuzzer for FUZZ_SECONDS (60), beginning with what earlier
# runs found out. What fails is named and stays in .build-fuzz/findings/PARSER, to be tried first.
# Usage: scripts/fuzz.sh [PARSER …]
set -euo pipefail
cd "$(dirname "$0")/.."

# Swift's own backtrace would take the signal before libFuzzer writes the input down.
export LARDER_FUZZ=1 SWIFT_BACKTRACE=enable=no
build=.build-fuzz
fuzz=$build/debug/Fuzz

"${SWIFT:-swift}" build --scratch-path $build --product Fuzz
parsers="$($fuzz seeds $build/seeds)"
[[ $# -gt 0 ]] || mapfile -t all <<<"$parsers"
mkdir -p $build/logs
failed=0
for parser in "${@:-${all[@]}}"; do
    mkdir -p $build/corpus/"$parser" $build/findings/"$parser"
    log=$build/logs/$parser
    # 8 KiB, as the mutation tests: what takes 10 s of that takes far more than it should. The value
    # profile leads to what one single value gives away, which coverage alone may miss for long.
    if $fuzz "$parser" -max_total_time="${FUZZ_SECONDS:-60}" -max_len=8192 -timeout=10 \
        -use_value_profile=1 -dict=$build/seeds/"$parser".dict -artifact_prefix=$build/findings/"$parser"/ \
        $build/corpus/"$parser" $build/findings/"$parser" $build/seeds/"$parser" >"$log" 2>&1; then
        echo "$parser: $(sed --quiet 's/.*DONE *//p' "$log")"
    else
        failed=1
        echo "error: $parser: $(sed --quiet 's/.*Test unit written to //p' "$log"), see $log" >&2
        grep --max-count=5 --extended-regexp 'Wrong|Fatal|ERROR' "$log" >&2 || true
    fi
done
exit $failed
