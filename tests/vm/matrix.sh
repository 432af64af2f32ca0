#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Boots Debian's kernels and runs guest.sh on each: on cgroup v2, v1, and where BPF may not read the kernel (lockdown). Prints
# hook x kernel, how many ways were seen, and which were not. The last line counts rows.
# usage: matrix.sh PROGRAM FOLDER-OF-TEST-PROGRAMS [SUITES]
# shellcheck disable=SC2086,SC2046   # lists of words
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$1 programs=$2 suites=${3:-}
[ -n "$suites" ] || suites="bullseye bookworm trixie sid"
# A boot keeps one CPU busy, mostly: several suites at a time.
case $suites in
*' '*)
	"$here/vmtest.sh" -F -s "$suites" || exit 1
	exec "$here/../../scripts/side-by-side.sh" "'$0' '$program' '$programs' \"\$1\"" $suites
	;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/payload"
cp "$program" "$work/payload/hostnetd"
for name in evade joiner borrow datagram; do cp "$programs/$name" "$work/payload/" || exit 1; done
cp "$here/guest.sh" "$work/payload/"
"$here/pods.py" >"$work/payload/pods.json" || exit 1
passed=0 failed=0

# boot SUITE CGROUPS WORDS-OF-THE-KERNEL WORD-OF-GUEST.SH HOOK...: one line a hook
boot() {
	suite=$1 cgroups=$2 line=$3 word=$4
	shift 4
	"$here/vmtest.sh" -s "$suite" -g "$cgroups" -a "$line" -t 900 -p "$work/payload" -- sh ./guest.sh "$word" >"$work/log" 2>&1
	kernel=$(sed -n 's/^vmtest: [a-zA-Z()0-9]* [^ ]* \([0-9][^ ]*\) .*/\1/p' "$work/log" | head -n 1)
	good=$(grep -c '^row .* ok$' "$work/log") wrong=$(grep -c -E '^row .* (MISSED|FALSE)$' "$work/log")
	[ "$good" -gt 0 ] || { echo "FAIL  $suite, cgroup $cgroups: nothing ran"; tail -n 20 "$work/log"; wrong=$((wrong + 1)); }
	if grep -q 'the kernel complained' "$work/log"; then
		echo "FAIL  $suite, cgroup $cgroups: $(grep -m 1 -E 'BUG:|WARNING:|Oops' "$work/log")"
		wrong=$((wrong + 1))
	fi
	grep -E '^row .* (MISSED|FALSE)$' "$work/log" | sed "s/^/FAIL  $suite $cgroups /"
	for hook in "$@"; do
		rows=$(sed -n "s/^row $hook //p" "$work/log")
		[ -z "$rows" ] || printf '%-8s %-32s cgroup %s  %-10s %s\n' "$suite" "${kernel:-?}" "$cgroups" "$hook" \
			"$(echo "$rows" | awk '{ n[$2]++; if ($2 != "ok") w = w " " $1 } END { for (k in n) printf "%s: %d  ", k, n[k]; printf "%s", w }')"
	done
	passed=$((passed + good)) failed=$((failed + wrong))
}

boot "$suites" v2 "" "" fexit kprobe tracepoint tp_btf none
# What a hook sees does not depend on the cgroups' layout; where a task belongs does.
boot "$suites" v1 "" "fexit none" fexit none
boot "$suites" v2 lockdown=confidentiality proc proc
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
