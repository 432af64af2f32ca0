#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a command once for each word, as many at a time as there are CPUs, and prints what each said, whole and in the words'
# order. Their lines "N passed, N failed[, N skipped]" become one at the end; a run that ends badly without a failure of its
# own, or without such a line, is a failure. usage: side-by-side.sh 'COMMAND OF "$1"' WORD...
set -u
command=$1
shift
passed=0 failed=0 skipped=0
totals='^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed\(, \([0-9][0-9]*\) skipped\)\{0,1\}$'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

n=0
for word; do
	n=$((n + 1))
	printf '%s\0%s\0' "$n" "$word"
done >"$work/words"
# What stands under a run's number is whole.
# shellcheck disable=SC2016   # the inner shell's
xargs -0 -n 2 -P "$(nproc)" sh -c 'sh -c "$0" sh "$3" >"$1/half.$2" 2>&1 </dev/null; echo $? >"$1/status.$2"; mv "$1/half.$2" "$1/$2"' \
	"$command" "$work" <"$work/words" &
n=0
for word; do
	n=$((n + 1))
	until [ -e "$work/$n" ]; do
		kill -0 $! 2>/dev/null || break
		sleep 0.05
	done
	if [ ! -e "$work/$n" ]; then
		echo "FAIL  $word: it was not run to its end"
		failed=$((failed + 1))
		continue
	fi
	sed "/$totals/d" "$work/$n"
	read -r p f s <<-SUMS
		$(sed -n "s/$totals/\1 \2 \4/p" "$work/$n" | awk '{p += $1; f += $2; s += $3} END {if (NR) print p, f, s + 0}')
	SUMS
	if [ -z "$p" ] || { [ "$f" = 0 ] && [ "$(cat "$work/status.$n")" != 0 ]; }; then
		echo "FAIL  $word: exit code $(cat "$work/status.$n"), $([ -n "$p" ] && echo "but no failure" || echo "no totals")"
		f=$((${f:-0} + 1))
	fi
	passed=$((passed + ${p:-0})) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
done
wait
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
