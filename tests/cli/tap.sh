# SPDX-License-Identifier: MIT
# TAP for shell tests. Source it first, end with done_testing:
#
#	. "${abs_top_srcdir:-.}/tests/cli/tap.sh"
#	run "$PYBUNDLE" list missing.pyb
#	status_is 2 'a missing bundle is a failure'
#	err_has 'missing.pyb' 'the message names the file'
#	done_testing
#
# A test runs in an empty folder of its own, $tmp, which is removed at the end. `make check` sets
# PYBUNDLE, PYSTART, PYTHON and the rest; by hand, say where an installation is:
#	STAGE=build/stage sh tests/cli/some.test

set -u
: "${abs_top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${STAGE:=$abs_top_srcdir/build/stage}"
case $STAGE in
/*) ;;
*) STAGE=$PWD/$STAGE ;;
esac
: "${PYBUNDLE:=$STAGE/bin/pybundle}" "${PYSTART:=$STAGE/bin/pystart}"
: "${abs_top_builddir:=${STAGE%/stage}}"
: "${PYTHON:=/usr/bin/python3}" "${SANITIZE_CFLAGS:=}"

tap_count=0
status=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pystart-test.XXXXXX") || exit 99
trap 'cd / && chmod -R u+rwX "$tmp" && rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM
# What the commands print lies apart from what the test makes.
tap_io=$tmp/.io
mkdir "$tap_io" "$tmp/work" || exit 99
cd "$tmp/work" || exit 99

# Report a test: tap_result TRUE-OR-FALSE DESCRIPTION. Returns the result.
tap_result()
{
	tap_count=$((tap_count + 1))
	if "$1"; then
		echo "ok $tap_count - $2"
		return 0
	fi
	echo "not ok $tap_count - $2"
	return 1
}

# Print standard input as comment lines of TAP.
tap_note()
{
	sed 's/^/#     /'
}

# What the last `run` gave, for a failed test.
tap_show_run()
{
	echo "#   command: $tap_command"
	echo "#   status:  $status"
	echo '#   stdout:'
	head -c 4000 "$tap_io/out" | tap_note
	echo '#   stderr:'
	head -c 4000 "$tap_io/err" | tap_note
}

# is_left_out FEATURE [NAME]: whether pystart, or pystartNAME, says that it does without that under its
# version of Python.
is_left_out()
{
	"$PYSTART" -X bundle=version | grep "^pystart${2:-}: .*, as built" |
		grep -qE "(without|,) $1(,|;|$)"
}

# Run a command, keep its output and its exit status.
run()
{
	tap_command=$*
	status=0
	"$@" >"$tap_io/out" 2>"$tap_io/err" </dev/null || status=$?
}

# What the last `run` printed.
out()
{
	cat "$tap_io/out"
}

err()
{
	cat "$tap_io/err"
}

# check DESCRIPTION COMMAND...: passes if the command does.
check()
{
	tap_description=$1
	shift
	run "$@"
	if [ "$status" -eq 0 ]; then
		tap_result true "$tap_description"
	else
		tap_result false "$tap_description" || { tap_show_run; false; }
	fi
}

# check_fails DESCRIPTION COMMAND...: passes if the command does not.
check_fails()
{
	tap_description=$1
	shift
	run "$@"
	if [ "$status" -ne 0 ]; then
		tap_result true "$tap_description"
	else
		tap_result false "$tap_description" || { tap_show_run; false; }
	fi
}

# status_is NUMBER DESCRIPTION: the exit status of the last `run`.
status_is()
{
	if [ "$status" -eq "$1" ]; then
		tap_result true "$2"
	else
		tap_result false "$2" || { echo "#   expected status $1"; tap_show_run; false; }
	fi
}

# is GOT EXPECTED DESCRIPTION
is()
{
	if [ "$1" = "$2" ]; then
		tap_result true "$3"
	else
		tap_result false "$3"
		echo '#   got:'
		printf '%s\n' "$1" | tap_note
		echo '#   expected:'
		printf '%s\n' "$2" | tap_note
		return 1
	fi
}

# out_is TEXT DESCRIPTION, err_is TEXT DESCRIPTION: exactly that, final newlines aside.
out_is()
{
	is "$(out)" "$1" "$2"
}

err_is()
{
	is "$(err)" "$1" "$2"
}

# STREAM-FILE YES-OR-NO TEXT DESCRIPTION: whether a line contains TEXT, which is no pattern.
tap_contains()
{
	tap_found=no
	if grep -qF -e "$3" "$1"; then
		tap_found=yes
	fi
	if [ "$tap_found" = "$2" ]; then
		tap_result true "$4"
	else
		tap_result false "$4" || { echo "#   text: $3 (expected there: $2)"; tap_show_run; false; }
	fi
}

out_has()
{
	tap_contains "$tap_io/out" yes "$1" "$2"
}

out_lacks()
{
	tap_contains "$tap_io/out" no "$1" "$2"
}

err_has()
{
	tap_contains "$tap_io/err" yes "$1" "$2"
}

err_lacks()
{
	tap_contains "$tap_io/err" no "$1" "$2"
}

# The folder of a ./configure that can be run from another one. automake's refuses that where it has built
# in the sources; links to these do.
configure_folder()
{
	tap_sources=$abs_top_srcdir
	if [ -f "$abs_top_srcdir/config.status" ]; then
		tap_sources=$tmp/sources
		[ -d "$tap_sources" ] || {
			mkdir "$tap_sources" && ln -s "$abs_top_srcdir"/* "$tap_sources" &&
				rm "$tap_sources/config.status"
		}
	fi
	echo "$tap_sources"
}

# skip DESCRIPTION WHY: one test that cannot be made here.
skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# skip_all WHY: before the first test.
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

done_testing()
{
	echo "1..$tap_count"
}
