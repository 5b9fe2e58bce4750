#!/usr/bin/env bash
# Run the whole suite in three lanes side by side: two of tests that mostly wait for Kafka, and all others.
# Each lane has a broker of its own. What the first two print comes when the third has ended, and last of all
# what failed in any of them.
set -uo pipefail
python=$1
waiting=("tests/chaos tests/docs" "tests/integration")
logs=$(mktemp -d)
lanes=()
trap 'kill "${lanes[@]}" 2>/dev/null; rm -rf "$logs"' EXIT

ignored=()
for lane in "${!waiting[@]}"; do
  read -ra folders <<<"${waiting[lane]}"
  ignored+=("${folders[@]/#/--ignore=}")
  "$python" -m pytest --durations=15 -o cache_dir=".pytest_cache/waiting$lane" "${folders[@]}" >"$logs/$lane" 2>&1 &
  lanes+=($!)
done
"$python" -m pytest --durations=25 tests "${ignored[@]}" 2>&1 | tee "$logs/others"
failed=$?
for lane in "${!waiting[@]}"; do
  wait "${lanes[lane]}" || failed=1
  cat "$logs/$lane"
done
lanes=()
echo
echo "All lanes:"
grep -hE '^(FAILED|ERROR) |^=+ .*(passed|failed|error).* =+$' "$logs"/*
exit $((failed != 0))
