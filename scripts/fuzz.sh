#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the fuzzers for some seconds each, from their seeds. A crash is kept in .output/fuzz, and is a failure.
# usage: fuzz.sh FOLDER SECONDS NAME...
set -u
folder=$1 seconds=$2
shift 2
passed=0 failed=0
for name in "$@"; do
	corpus=$folder/corpus-$name
	mkdir -p "$corpus"
	dict=tests/fuzz/$name.dict
	[ -f "$dict" ] && dict=-dict=$dict || dict=-print_final_stats=0
	if "$folder/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$folder/crash-$name-" \
		"$dict" "$corpus" "tests/fuzz/seeds/$name" >"$folder/$name.log" 2>&1; then
		echo "ok    $name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "$folder/$name.log")"
		passed=$((passed + 1))
	else
		echo "FAIL  $name"
		tail -n 30 "$folder/$name.log"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
