#!/bin/sh
# SPDX-License-Identifier: MIT
# Run an analyzer over sources, several at a time. Whatever it finds is shown, and is an error.
# `make analyze` calls this in the top folder of the sources, which it names on standard input.
#
# usage: analyze.sh JOBS TOOL COMPILER-OPTION... <LIST
set -u

if [ "$1" != --one ]; then
	jobs=$1
	shift
	if ! command -v "$1" >/dev/null; then
		echo "analyze: left out: $1 not found"
		exit 0
	fi
	exec xargs -P "$jobs" -I FILE "$0" --one FILE "$@"
fi

file=$2
tool=$3
shift 3
# Not in front of the functions that it tells of.
[ "$file" = lib/error.c ] || set -- "$@" -include tests/analyze/assume.h
# As the launcher, which has no C library, is compiled.
case $file in
importer/launcher/*) set -- "$@" -ffreestanding ;;
esac
case $tool in
*tidy*) # on standard error is only how many warnings of system headers were suppressed
	"$tool" --quiet "$file" -- "$@" 2>/dev/null ;;
*) # With optimization, it takes conditions together and then mistakes what they say. It loses sight
	# of memory that is stored behind a pointer; the other tool and valgrind do not. Descriptors that a
	# process has for the program that it becomes are no leak.
	"$tool" -O0 -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-fd-leak \
		-Werror "$@" -c -o /dev/null "$file" ;;
esac || {
	echo "analyze: $tool: $file: see above" >&2
	exit 1
}
