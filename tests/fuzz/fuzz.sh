#!/bin/sh
# SPDX-License-Identifier: MIT
# Build the fuzz targets with clang and run each for FUZZ_SECONDS:
#
#	make fuzz FUZZ_SECONDS=60 FUZZ_TARGETS='bundle marshal'
#
# The corpora stay in tests/fuzz/corpus/ of the build folder, and what crashes in
# tests/fuzz/crashes/. FUZZ_FLAGS has further options for libFuzzer.
set -eu

work=$abs_top_builddir/tests/fuzz
objects=$work/objects
: "${FUZZ_SECONDS:=60}" "${FUZZ_FLAGS:=}"
sanitize=address,undefined
nowhere=/nowhere # what is installed
optimize='-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined -fno-strict-aliasing'
mkdir -p "$objects" "$work/corpus" "$work/crashes"
# What is in memory while a run lasts need not go to the disk.
if [ -w /dev/shm ]; then
	TMPDIR=/dev/shm
	export TMPDIR
fi

# Sources that are linked if a target needs them; its stubs come first.
sources()
{
	(
		cd "$abs_top_srcdir"
		ls lib/*.c manifest/*.c
	)
	for file in $FUZZ_SOURCES; do
		case $file in
		*.c) echo "$file" ;;
		esac
	done
}

# compile SOURCE: unless the object is newer than all that it could be made of.
compile()
{
	object=$objects/$(echo "$1" | tr / _ | sed 's/\.c$/.o/')
	source=$abs_top_srcdir/$1
	[ -e "$source" ] || source=$abs_top_builddir/$1
	# Checksums take most of the time, and are not what is looked at.
	faster=
	[ "$1" != lib/digest.c ] || faster='-O3 -fno-sanitize=all'
	if [ ! -e "$object" ] || [ "$source" -nt "$object" ] || [ "$newest" -nt "$object" ]; then
		# shellcheck disable=SC2086
		$FUZZ_CC -std=gnu11 $optimize -fsanitize=fuzzer-no-link,$sanitize \
			-D_GNU_SOURCE -DHAVE_CONFIG_H -I"$abs_top_builddir" -I"$abs_top_srcdir" \
			"-DDEFAULT_PYTHON=\"$PYTHON\"" "-DPYTHON_SOABI=\"$PYTHON_SOABI\"" \
			"-DBINDIR=\"$nowhere\"" "-DPKGLIBDIR=\"$nowhere\"" \
			"-DPKGDATADIR=\"$nowhere\"" $FUZZ_CFLAGS $faster -c -o "$object" "$source"
	fi
}

build()
{
	newest=$(find "$abs_top_srcdir"/lib "$abs_top_srcdir"/manifest "$abs_top_srcdir"/bundler \
		"$abs_top_srcdir"/importer "$abs_top_srcdir"/tests/fuzz -name '*.h' \
		-exec ls -t {} + | sed -n 1p)
	set --
	for file in $(sources); do
		compile "$file"
		set -- "$@" "$object"
	done
	rm -f "$objects/libsources.a"
	ar rcs "$objects/libsources.a" "$@"
	for file in target mend mutate_bundle bundler_stubs; do
		compile "tests/fuzz/$file.c"
	done
}

# What a target consists of beside its own file.
parts_of()
{
	case $1 in
	bundle | launcher) echo mend mutate_bundle ;;
	resolution | image | trial_run | runlog) echo bundler_stubs ;;
	esac
}

link()
{
	compile "tests/fuzz/fuzz_$1.c"
	set -- "$1" "$object" "$objects/tests_fuzz_target.o"
	for part in $(parts_of "$1"); do
		set -- "$@" "$objects/tests_fuzz_$part.o"
	done
	program=$work/fuzz_$1
	shift
	# shellcheck disable=SC2086
	$FUZZ_CC -fsanitize=fuzzer,$sanitize -o "$program" "$@" "$objects/libsources.a" $FUZZ_LIBS
}

dictionary_of()
{
	case $1 in
	bundle | launcher) echo bundle ;;
	resolution | image | trial_run | runlog | marshal) echo records ;;
	*) echo "$1" ;;
	esac
}

fuzz()
{
	dictionary=$abs_top_srcdir/tests/fuzz/$(dictionary_of "$1").dict
	set -- "$1" -max_total_time="$FUZZ_SECONDS" -timeout=20 -rss_limit_mb=2048 \
		-artifact_prefix="$work/crashes/$1/" -print_final_stats=1 -verbosity=1
	[ ! -e "$dictionary" ] || set -- "$@" -dict="$dictionary"
	mkdir -p "$work/corpus/$1" "$work/crashes/$1"
	echo "--- $1"
	target=$1
	shift
	# shellcheck disable=SC2086
	"$work/fuzz_$target" "$@" $FUZZ_FLAGS "$work/corpus/$target" "$work/seeds/$target" \
		>"$work/$target.out" 2>&1 || { tail -n 60 "$work/$target.out"; return 1; }
	grep -e '^Done' -e 'INITED' -e average_exec -e DONE "$work/$target.out"
}

build
rm -rf "$work/seeds"
"$PYTHON" -B "$abs_top_srcdir/tests/fuzz/seeds.py" "$work/seeds"
failed=0
for name in "$@"; do
	link "$name"
	fuzz "$name" || failed=1
done
exit $failed
