#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make check-releases` does inside a release, as root in its folders; releases.py calls it.
#
# usage: inside.sh deps INTERPRETER...     install what all of it needs
#        inside.sh check INTERPRETER JOBS ROUNDS     build, test and measure in ../../build
set -eu

cd "$(dirname "$0")/../.."
source=$(pwd)

# step NAME COMMAND...: its output goes into build/NAME.log.
step()
{
	name=$1
	shift
	echo "$name" >"$source/build/step"
	"$@" >"$source/build/$name.log" 2>&1
}

# What the table shows, as the table's program reads it.
tell_versions()
{
	"$1" -c 'import platform; print("python", platform.python_version())'
	echo "gcc $(gcc -dumpfullversion)"
}

deps()
{
	for python in "$@"; do
		PYTHON=$python ./bootstrap deps
	done
}

check()
{
	python=$1
	jobs=$2
	rounds=$3
	mkdir -p build
	tell_versions "$python" >build/versions
	step autoreconf ./bootstrap
	cd build
	step configure "$source/configure" --enable-werror PYTHON="$python"
	step make make -j "$jobs"
	# That tests fail is told by their log, and the figures are wanted all the same.
	step check make -j "$jobs" check || :
	[ "$rounds" -eq 0 ] || step bench make bench BENCH_FLAGS="--runs $rounds --json bench.json"
	echo finished >step
}

command=$1
shift
"$command" "$@"
