#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything that CI runs but long soaks: each step prints its own totals; the last line adds them up.
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0
MAKEFLAGS=-j$(nproc)
export MAKEFLAGS
log=$(mktemp)
trap 'rm -f "$log" "$log.bad"' EXIT

step() {
	title=$1
	shift
	echo "== $title"
	{ "$@" 2>&1 || echo "$title: exit code $?" >"$log.bad"; } | tee "$log"
	# A step may have parts, each with totals of its own.
	totals=$(awk '/^[0-9]+ passed, [0-9]+ failed/ {n++; p += $1; f += $3; s += $5} END {if (n) print p, f, s + 0}' "$log")
	if [ -z "$totals" ]; then
		echo "   the step '$title' ended without totals"
		failed=$((failed + 1))
		rm -f "$log.bad"
		return
	fi
	# shellcheck disable=SC2086   # three numbers
	set -- $totals
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
	# A part that broke off before its totals.
	if [ -s "$log.bad" ] && [ "$2" = 0 ]; then
		echo "   $(cat "$log.bad")"
		failed=$((failed + 1))
	fi
	rm -f "$log.bad"
}

step "rules of the house" make -s check
step "unit tests" make -s unit WERROR=1
step "unit tests under ASan and UBSan" make -s unit SAN=1
step "unit tests under valgrind" make -s valgrind
step "admission policies" make -s policy
step "the chart and the manifests" make -s lint-deploy
step "fuzzing, a short run each" make -s fuzz TIME="${FUZZ_SECONDS:-10}"
if [ "$(id -u)" = 0 ]; then
	make -s SAN=1 all
	step "real BPF, real containers" make -s node
	step "real kernels" make -s test-vm
else
	echo "SKIP  the node tests: they load BPF and start containers, which needs root"
	echo "SKIP  the kernel matrix: its packages are installed by root"
	skipped=$((skipped + 2))
fi
step "the dashboard in a real Chromium" make -s web
echo "== all"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
