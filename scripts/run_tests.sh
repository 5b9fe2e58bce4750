#!/usr/bin/env bash
# Run the whole suite in two halves side by side: tests that mostly wait for Kafka, and all others.
# The first half is printed when the second has ended.
set -uo pipefail
python=$1
waiting=(tests/chaos tests/docs tests/integration)
log=$(mktemp)
trap 'rm -f "$log"; kill %1 2>/dev/null' EXIT

"$python" -m pytest --durations=15 -o cache_dir=.pytest_cache/waiting "${waiting[@]}" >"$log" 2>&1 &
"$python" -m pytest --durations=25 tests "${waiting[@]/#/--ignore=}"
others=$?
wait %1
first=$?
cat "$log"
exit $((others || first))
