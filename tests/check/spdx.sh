#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source file says its licence in its first three lines: bpf/ GPL-2.0-only OR BSD-2-Clause, the rest Apache-2.0.
# usage: spdx.sh [TOP]
set -eu
cd "${1:-$(dirname "$0")/../..}"

count=0
bad=0
list=$(find . \( -name .git -o -name .output -o -name node_modules -o -name __pycache__ \) -prune -o -type f \
	\( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name '*.yaml' -o -name '*.yml' -o -name '*.js' -o -name '*.css' \
	-o -name Makefile -o -name .clang-format -o -name .clang-tidy -o -name .editorconfig -o -path './tests/check/*' \
	-o -path './.ci/*' -o -path './scripts/*.py' -o -path './scripts/*.sh' \) -print | LC_ALL=C sort)
IFS='
'
for file in $list; do
	count=$((count + 1))
	case $file in
	./bpf/*) want='GPL-2.0-only OR BSD-2-Clause' ;;
	./include/hostnetd/abi.h) want='Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause' ;; # both sides include it
	*) want='Apache-2.0' ;;
	esac
	if ! head -n 3 "$file" | grep -Eq "SPDX-License-Identifier: $want( \*/)?\$"; then
		echo "$file: its first three lines lack 'SPDX-License-Identifier: $want'"
		bad=$((bad + 1))
	fi
done
if [ "$count" -eq 0 ]; then
	echo "spdx: no source files in $(pwd)"
	exit 1
fi
echo "spdx: $count files, $bad problems"
[ "$bad" -eq 0 ]
