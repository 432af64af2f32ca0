#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A C file of more than 450 lines holds more than one noun: split it. (At 400 think about it: see CONTRIBUTING.md.)
# usage: size.sh [TOP]
set -eu
cd "${1:-$(dirname "$0")/../..}"

limit=450
find . \( -name .git -o -name .output -o -name node_modules \) -prune -o -type f -name '*.[ch]' -print | LC_ALL=C sort |
	{
		count=0
		bad=0
		while IFS= read -r file; do
			count=$((count + 1))
			lines=$(wc -l <"$file")
			if [ "$lines" -gt "$limit" ]; then
				echo "$file: $lines lines; at most $limit: split it by noun"
				bad=$((bad + 1))
			fi
		done
		if [ "$count" -eq 0 ]; then
			echo "size: no C files"
			exit 1
		fi
		echo "size: $count files, $bad problems"
		[ "$bad" -eq 0 ]
	}
