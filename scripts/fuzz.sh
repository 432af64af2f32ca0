#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the fuzzers for some seconds each, from their seeds, some at a time: each has one thread. A crash is kept in .output/fuzz,
# and is a failure. usage: fuzz.sh FOLDER SECONDS NAME...
set -u
folder=$1 seconds=$2
shift 2
[ $# = 1 ] || exec "$(dirname "$0")/side-by-side.sh" "'$0' '$folder' '$seconds' \"\$1\"" "$@"

name=$1
corpus=$folder/corpus-$name
mkdir -p "$corpus"
dict=tests/fuzz/$name.dict
[ -f "$dict" ] && dict=-dict=$dict || dict=-print_final_stats=0
if "$folder/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$folder/crash-$name-" \
	"$dict" "$corpus" "tests/fuzz/seeds/$name" >"$folder/$name.log" 2>&1; then
	echo "ok    $name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "$folder/$name.log")"
	echo "1 passed, 0 failed"
else
	echo "FAIL  $name"
	tail -n 30 "$folder/$name.log"
	echo "0 passed, 1 failed"
	exit 1
fi
