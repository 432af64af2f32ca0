#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's table of settings and the program's own options are the same set. usage: readme.sh PROGRAM
set -eu
cd "$(dirname "$0")/../.."
program=$1
flags() { grep -o -- '--[a-z][a-z-]*' | sort -u; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '/^| flag /,/^$/p' README.md | cut -d'|' -f2 | flags >"$work/readme"
for command in scan run audit classify history doctor; do
	"$program" "$command" --help | sed -n '/^Options:/,$p' | grep -o '^ *\(-[a-z], \)\?--[a-z-]*' | flags
done | sort -u | grep -v -x -e --help >"$work/program"
diff -u "$work/readme" "$work/program"
