#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The page's files and the API's document as C: each is embedded, compressed, and a row of the table in src/http/page.c.
# usage: page_files.sh FOLDER DOCUMENT PACKED (a folder for the compressed ones)
set -eu
folder=$1
document=$2
packed=$3
rows=
mkdir -p "$packed"
for path in "$folder"/* "$document"; do
	name=${path##*/}
	case $name in
	*.html) type=HTML ;;
	*.js) type=SCRIPT ;;
	*.css) type=STYLE ;;
	*.svg) type=SVG ;;
	*.json) type=HN_HTTP_JSON ;;
	'*') continue ;;
	*)
		echo "page_files.sh: $path: no content type for it" >&2
		exit 1
		;;
	esac
	symbol=page_$(printf %s "$name" | tr -c 'a-zA-Z0-9' _)
	# Without name and time: the same program comes out of the same files.
	gzip -9nc "$path" > "$packed/$name.gz"
	echo "HN_EMBED($symbol, \"$packed/$name.gz\");"
	row="$type, $symbol, ${symbol}_end},"
	[ "$name" = index.html ] && rows="$rows \\
	{\"/\", $row"
	rows="$rows \\
	{\"/$name\", $row"
done
echo "#define HN_PAGE_ROWS$rows"
