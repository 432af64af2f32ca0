#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs test programs, some at a time, and adds up what they count. A program is a cmocka binary. Prints the output of those
# that fail, and a last line with the sums. usage: run-tests.sh [-e COMMAND-BEFORE] PROGRAM...
set -u
before=''
if [ "${1:-}" = -e ]; then
	before=$2
	shift 2
fi
[ $# = 1 ] || exec "$(dirname "$0")/side-by-side.sh" "'$0' -e '$before' \"\$1\"" "$@"

program=$1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086   # a command and its options
$before "$program" >"$log" 2>&1
status=$?
p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
f=$(sed -n 's/^\[  FAILED  \] [^ ]*: \([0-9]*\) test.*/\1/p;s/^ *\([0-9]*\) FAILED TEST(S)$/\1/p' "$log" | tail -n 1)
s=$(sed -n 's/^\[  SKIPPED \] [^ ]*: \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
p=${p:-0} f=${f:-0} s=${s:-0}
# A program that fails without counting (a leak, a crash), or counts nothing, is a failure.
if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
if [ "$status" -eq 0 ] && [ "$p" -eq 0 ] && [ "$s" -eq 0 ]; then f=1; fi
if [ "$f" -ne 0 ]; then
	echo "FAIL  $program"
	tail -n 60 "$log"
else
	echo "ok    $program ($p)"
fi
echo "$p passed, $f failed, $s skipped"
[ "$f" -eq 0 ]
