#!/bin/sh
# SPDX-License-Identifier: MIT
# Make a standard bundle:
#
#	startup.sh PYBUNDLE PYTHON SOURCES MANIFEST FOLDER
#
# builds FOLDER/startup.pyb of MANIFEST for PYTHON as it is on this machine, with the imager that lies in
# PYSTART_LIBDIR. To the manifest that comes with the sources, what this interpreter imports at each
# start is added: .pth files and sitecustomize of this machine may import more. Its names are of several
# versions of Python; that some are not found is worth no more than FOLDER/startup.log.
set -eu

pybundle=$1 python=$2 sources=$3 manifest=$4 folder=$5

make_bundle()
{
	if cmp -s "$sources/manifest/startup.yaml" "$manifest" &&
		PYTHONNOUSERSITE=1 "$pybundle" record -q --strict --python="$python" \
			-o "$folder/recorded.yaml" -- -c pass &&
		awk -f "$sources/lib/startup.awk" "$folder/recorded.yaml" "$manifest" \
			>"$folder/startup.yaml"; then
		manifest=$folder/startup.yaml
	fi
	"$pybundle" build -q --python="$python" -o "$folder/startup.pyb" "$manifest"
}

if ! make_bundle >"$folder/startup.log" 2>&1; then
	cat "$folder/startup.log" >&2
	exit 1
fi
