#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The page's files as C: each is embedded, and a row of the table in src/http/page.c. usage: page_files.sh FOLDER
set -eu
folder=$1
rows=
for path in "$folder"/*; do
	name=${path##*/}
	case $name in
	*.html) type=HTML ;;
	*.js) type=SCRIPT ;;
	*.css) type=STYLE ;;
	*.svg) type=SVG ;;
	'*') continue ;;
	*)
		echo "page_files.sh: $path: no content type for it" >&2
		exit 1
		;;
	esac
	symbol=page_$(printf %s "$name" | tr -c 'a-zA-Z0-9' _)
	echo "HN_EMBED($symbol, \"$path\");"
	[ "$name" = index.html ] && rows="$rows \\
	{\"/\", $type, $symbol, ${symbol}_end},"
	rows="$rows \\
	{\"/$name\", $type, $symbol, ${symbol}_end},"
done
echo "#define HN_PAGE_ROWS$rows"
