#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything that CI runs but long soaks: each step prints its own totals; at the end stands where the time went, and the last line
# adds all up. Steps come one after another: the node tests need the node for themselves. Each uses all CPUs that it can.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0 skipped=0
MAKEFLAGS=-j$(nproc)
export MAKEFLAGS
log=$(mktemp)
trap 'rm -f "$log" "$log.bad" "$log.table"' EXIT

# row TITLE BEGUN PASSED FAILED SKIPPED: what the table at the end says of a step
row() {
	seconds=$(($(date +%s) - $2))
	echo "   $seconds s"
	printf '%6d s  %6d passed %4d failed %4d skipped  %s\n' "$seconds" "$3" "$4" "$5" "$1" >>"$log.table"
	passed=$((passed + $3)) failed=$((failed + $4)) skipped=$((skipped + $5))
}

# build MAKE'S WORDS...: what several steps stand on, outside their times. One that fails is said by each step that needs it, too.
build() {
	begun=$(date +%s) wrong=0
	echo "== building: $*"
	make -s "$@" || wrong=1
	row "building: $*" "$begun" 0 $wrong 0
}

step() {
	title=$1 begun=$(date +%s)
	shift
	echo "== $title"
	{ "$@" 2>&1 || echo "$title: exit code $?" >"$log.bad"; } | tee "$log"
	# A step may have parts, each with totals of its own.
	totals=$(awk '/^[0-9]+ passed, [0-9]+ failed/ {n++; p += $1; f += $3; s += $5} END {if (n) print p, f, s + 0}' "$log")
	[ -n "$totals" ] || echo "   the step '$title' ended without totals"
	# shellcheck disable=SC2086   # three numbers
	set -- ${totals:-0 1 0}
	# A part that broke off before its totals.
	if [ -s "$log.bad" ] && [ "$2" = 0 ]; then
		echo "   $(cat "$log.bad")"
		set -- "$1" 1 "$3"
	fi
	rm -f "$log.bad"
	row "$title" "$begun" "$@"
}

start=$(date +%s)
build all WERROR=1
step "rules of the house" make -s check
step "unit tests" make -s unit WERROR=1
step "unit tests under ASan and UBSan" make -s unit SAN=1
step "unit tests under valgrind" make -s valgrind
step "admission policies" make -s policy
step "the chart and the manifests" make -s lint-deploy
step "fuzzing, a short run each" make -s fuzz TIME="${FUZZ_SECONDS:-10}"
if [ "$(id -u)" = 0 ]; then
	build all SAN=1
	step "real BPF, real containers" make -s node
	step "real kernels" make -s test-vm
else
	echo "SKIP  the node tests: they load BPF and start containers, which needs root"
	echo "SKIP  the kernel matrix: its packages are installed by root"
	skipped=$((skipped + 2))
fi
step "the dashboard in a real Chromium" make -s web
echo "== all"
cat "$log.table"
echo "$(($(date +%s) - start)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
