# SPDX-License-Identifier: MIT
# What the tests of pybundle share. Sourced behind tap.sh, in an empty folder.

# A package with a bit of everything, in the folder src, and a script that uses it.
make_package()
{
	mkdir -p src/pack/deep src/space bin
	cat >src/pack/__init__.py <<'END'
SETS = "a" in {"a", "bb", "ccc"}, 700 in {700, 701, 70000}
END
	echo 'from pack import used_late' >src/pack/deep/__init__.py
	echo 'VALUE = 1' >src/pack/deep/inner.py
	echo 'VALUE = 2' >src/pack/used_late.py
	echo 'VALUE = 3' >src/pack/never.py
	echo 'VALUE = 4' >src/pack/other.py
	echo 'VALUE = 5' >src/space/portion.py
	echo 'this is no python' >src/pack/broken.py
}

# manifest NAME LINE...: write NAME.yaml with these lines behind the version. A snapshot would make two bundles
# differ, and is only in those whose manifest asks for one.
manifest()
{
	name=$1
	shift
	{
		echo 'version: 1'
		printf '%s\n' "$@"
	} >"$name.yaml"
	grep -q '^snapshot:' "$name.yaml" || echo 'snapshot: no' >>"$name.yaml"
}

# Print the value of a Python expression over the JSON that the last `run` printed.
from_json()
{
	"$PYTHON" -I -c 'import json, sys
value = json.load(open(sys.argv[1]))
result = eval(sys.argv[2])
print(*result, sep="\n") if isinstance(result, list) else print(result)' "$tap_io/out" "$1"
}

# is_gone PROCESS: whether it has ended. One that was killed may need a moment, but no more than that.
is_gone()
{
	looks=0
	while kill -0 "$1" 2>/dev/null && ! grep -q '^State:.[ZX]' "/proc/$1/status" 2>/dev/null; do
		looks=$((looks + 1))
		test $looks -lt 5000 || return 1
	done
}

# Items of a list in a manifest: items FILE KEY
items()
{
	sed -n "/^$2:/,/^[a-z]/s/^  - //p" "$1"
}

# out_matches PATTERN DESCRIPTION: whether a line that the last `run` printed matches.
out_matches()
{
	if grep -q -e "$1" "$tap_io/out"; then
		tap_result true "$2"
	else
		tap_result false "$2" || { echo "#   pattern: $1"; tap_show_run; false; }
	fi
}
