#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Boots Debian's kernels and runs guest.sh on each, on cgroup v2 and v1; prints hook x way x kernel. The last line counts rows.
# usage: matrix.sh PROGRAM FOLDER-OF-TEST-PROGRAMS [SUITES]
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$1 programs=$2 suites=${3:-}
[ -n "$suites" ] || suites="bullseye bookworm trixie sid"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/payload"
cp "$program" "$work/payload/hostnetd"
for name in evade joiner borrow datagram; do cp "$programs/$name" "$work/payload/" || exit 1; done
cp "$here/guest.sh" "$work/payload/"
"$here/pods.py" >"$work/payload/pods.json" || exit 1
passed=0 failed=0
for cgroups in v2 v1; do
	for suite in $suites; do
		"$here/vmtest.sh" -s "$suite" -g $cgroups -t 400 -p "$work/payload" -- sh ./guest.sh >"$work/log" 2>&1
		kernel=$(sed -n 's/^vmtest: [a-zA-Z()0-9]* [^ ]* \([0-9][^ ]*\) .*/\1/p' "$work/log" | head -n 1)
		good=$(grep -c '^row .* ok$' "$work/log") wrong=$(grep -c -E '^row .* (MISSED|FALSE)$' "$work/log")
		[ "$good" -gt 0 ] || { echo "FAIL  $suite, cgroup $cgroups: nothing ran"; tail -n 20 "$work/log"; wrong=$((wrong + 1)); }
		grep -E '^row .* (MISSED|FALSE)$' "$work/log" | sed "s/^/FAIL  $suite $cgroups /"
		for hook in fexit kprobe tracepoint tp_btf none; do
			rows=$(sed -n "s/^row $hook //p" "$work/log")
			[ -z "$rows" ] || printf '%-8s %-32s cgroup %s  %-10s %s\n' "$suite" "${kernel:-?}" $cgroups $hook \
				"$(echo "$rows" | awk '{ n[$2]++ } END { for (k in n) printf "%s: %d  ", k, n[k] }')"
		done
		passed=$((passed + good)) failed=$((failed + wrong))
	done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
