# SPDX-License-Identifier: MIT
# The interpreters that importers are built for: the default one, and further ones.

# PYSTART_EXAMINE
# ---------------
# Define a shell function. `pystart_examine NAME` sets pystart_reason to why the interpreter that the
# user calls so does not fit, in one line. If it does fit, that is empty, and pystart_path,
# pystart_base, pystart_real, pystart_branch (X.Y), pystart_version, pystart_soabi, pystart_cppflags
# and pystart_site tell what m4/interpreter.py found out. It is asked for the program behind a name,
# because what is on PATH may be a script (pyenv's shims are) and the launcher needs the program.
# If it is none, what it says itself tells most: a shim says which versions it has.
# Neither PYTHON* variables (-E) nor the user's own site folder (-s) must change the answer.
AC_DEFUN([PYSTART_EXAMINE], [
pystart_field ()
{
	AS_ECHO(["$pystart_answer"]) | sed -n "s/^$[1]=//p"
}

# Why there is no answer from what the user calls $1.
pystart_explain ()
{
	AS_CASE([$[1]], [*/*], [
		AS_IF([test ! -e "$[1]"], [
			pystart_reason='there is no such file'
			AS_CASE([$with_pythons], [*\ *],
				[pystart_reason="$pystart_reason (blanks stand between names, as commas do)"])
			return 0])
		AS_IF([test -d "$[1]"], [
			pystart_reason='it is a folder'
			return 0])])
	pystart_said=`sed -n '/@<:@^ @:>@/{p;q;}' conftest.err 2>/dev/null | cut -c 1-120`
	pystart_reason="it is not a Python interpreter that runs${pystart_said:+ ($pystart_said)}; see config.log"
}

pystart_examine ()
{
	pystart_prefix=$prefix
	AS_IF([test "x$pystart_prefix" = xNONE], [pystart_prefix=$ac_default_prefix])
	pystart_answer=`"$[1]" -E -s "$srcdir/m4/interpreter.py" "$srcdir" "$pystart_prefix" \
		2>conftest.err` || pystart_answer=
	cat conftest.err >&AS_MESSAGE_LOG_FD
	pystart_reason=`pystart_field reason`
	for pystart_key in path base real build branch version hexversion soabi cppflags site; do
		eval "pystart_$pystart_key=\`pystart_field $pystart_key\`"
	done
	AS_IF([test -n "$pystart_reason"], [
		rm -f conftest.err
		return 0])
	AS_CASE([$pystart_path], [/*], [],
		[pystart_explain "$[1]"
		rm -f conftest.err
		return 0])
	rm -f conftest.err
	pystart_saved_CPPFLAGS=$CPPFLAGS
	CPPFLAGS="$CPPFLAGS $pystart_cppflags"
	AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <Python.h>]])], [],
		[pystart_reason="its headers are missing in `AS_ECHO(["$pystart_cppflags"]) | sed 's/^-I//'`"])
	# The importer looks into structures of the interpreter, and believes the headers about them.
	AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <patchlevel.h>
#if PY_VERSION_HEX != $pystart_hexversion
#error "of another version"
#endif]])], [],
		[AS_IF([test -z "$pystart_reason"],
			[pystart_reason="the headers in $pystart_cppflags are not those of CPython $pystart_version"])])
	CPPFLAGS=$pystart_saved_CPPFLAGS
	AS_IF([test -n "$pystart_reason"],
		[pystart_reason="$pystart_reason; install them (Debian: apt-get install python$pystart_branch-dev)"])
	return 0
}
])

# PYSTART_PYTHON
# --------------
# The default interpreter is the user's PYTHON, else /usr/bin/python3, else the first python3 on PATH.
#
# Sets and substitutes PYTHON (absolute), PYTHON_VERSION (X.Y), PYTHON_SOABI, PYTHON_CPPFLAGS and
# pyexecdir, the folder below the prefix in which that interpreter looks for extension modules.
AC_DEFUN([PYSTART_PYTHON], [
AC_REQUIRE([PYSTART_EXAMINE])
AC_ARG_VAR([PYTHON], [the default Python interpreter, CPython 3.11 to 3.15 (default:
	/usr/bin/python3, else what is on PATH)])
AS_IF([test -z "$PYTHON"], [
	AS_IF([test -x /usr/bin/python3], [PYTHON=/usr/bin/python3],
		[AC_PATH_PROGS([PYTHON], [python3 python])])])
AS_IF([test -z "$PYTHON"], [AC_MSG_ERROR([no Python interpreter found.
Install one (Debian: python3 python3-dev) or name it: ./configure PYTHON=/path/to/python3])])

AC_MSG_CHECKING([for the default interpreter])
pystart_examine "$PYTHON"
AS_IF([test -n "$pystart_reason"], [
	AC_MSG_RESULT([no])
	AC_MSG_ERROR([PYTHON=$PYTHON does not fit: $pystart_reason])])
AC_MSG_RESULT([$pystart_path ($pystart_version, $pystart_soabi)])
PYTHON=$pystart_path
PYTHON_VERSION=$pystart_branch
PYTHON_SOABI=$pystart_soabi
PYTHON_CPPFLAGS=$pystart_cppflags
pyexecdir="\${exec_prefix}/$pystart_site"
pystart_builds="$PYTHON $pystart_build $PYTHON_SOABI $PYTHON_CPPFLAGS"
pystart_table="\"\\000$PYTHON\\000$pystart_version\\000$PYTHON_SOABI\\000\""
pystart_interpreters=" $pystart_branch=$pystart_version=$pystart_soabi=$pystart_real "

AC_SUBST([PYTHON_VERSION])
AC_SUBST([PYTHON_SOABI])
AC_SUBST([PYTHON_CPPFLAGS])
AC_SUBST([pyexecdir])
])

# PYSTART_FURTHER_PYTHONS
# -----------------------
# After PYSTART_PYTHON: which further interpreters get an importer of their own. Each has a name, which
# is its folder below lib/pystart, too: X.Y, or X.Y.Z if an interpreter before it is an X.Y.
#
# Sets and substitutes FURTHER_PYTHONS, their names, and FURTHER_SETTINGS, lines for the makefile.
# Defines INTERPRETERS for the launcher: of each interpreter its name, which is empty for the default
# one, its path, version and SOABI, each with a NUL behind it.
AC_DEFUN([PYSTART_FURTHER_PYTHONS], [
AC_REQUIRE([PYSTART_PYTHON])
AC_ARG_WITH([pythons],
	[AS_HELP_STRING([--with-pythons=LIST],
		[further interpreters to build for, besides PYTHON: paths or versions such as 3.13, with
		commas between (default: each python3.N with headers on PATH and in /usr/bin);
		--without-pythons: none])],
	[], [with_pythons=yes])

# What is called python$1 on PATH and in /usr/bin. $1 is a version or a pattern for one.
pystart_candidates ()
{
	pystart_saved_IFS=$IFS
	IFS=$PATH_SEPARATOR
	pystart_seen=:
	for pystart_folder in $PATH /usr/bin; do
		IFS=$pystart_saved_IFS
		# One folder can have several names; names with blanks would become several.
		pystart_real_folder=`cd "$pystart_folder" 2>/dev/null && pwd -P`
		AS_CASE([$pystart_seen], [*":$pystart_real_folder:"*], [continue])
		pystart_seen=$pystart_seen$pystart_real_folder:
		AS_CASE([$pystart_folder], [*@<:@\ \	@:>@*], [continue])
		for pystart_file in "$pystart_folder"/python$[1]; do
			AS_IF([test -f "$pystart_file" && test -x "$pystart_file"],
				[AS_ECHO(["$pystart_file"])])
		done
	done
	IFS=$pystart_saved_IFS
}

# Add the interpreter that was examined last to the list, unless it is there.
pystart_add ()
{
	AS_CASE([$pystart_interpreters],
		[*"=$pystart_real "*], [return 0],
		[*" $pystart_branch=$pystart_version=$pystart_soabi="*],
		[pystart_reason="there is another CPython $pystart_version ($pystart_soabi) before it"
		return 0],
		[*" $pystart_branch="*], [pystart_name=$pystart_version],
		[pystart_name=$pystart_branch])
	# One module of a name can be in a site folder.
	AS_CASE([$pystart_interpreters], [*"=$pystart_soabi="*], [pystart_site=])
	pystart_interpreters="$pystart_interpreters$pystart_branch=$pystart_version=$pystart_soabi=$pystart_real "
	pystart_table="$pystart_table \"$pystart_name\\000$pystart_base\\000$pystart_version\\000$pystart_soabi\\000\""
	FURTHER_PYTHONS="$FURTHER_PYTHONS $pystart_name"
	pystart_builds="$pystart_builds
$pystart_name $pystart_base $pystart_build $pystart_soabi $pystart_cppflags"
	pystart_further_report="$pystart_further_report
                      $pystart_base ($pystart_version), as pystart$pystart_name"
	pystart_paths="$pystart_paths,$pystart_base"
	FURTHER_SETTINGS="$FURTHER_SETTINGS
python_$pystart_name = $pystart_base
soabi_$pystart_name = $pystart_soabi
cppflags_$pystart_name = $pystart_cppflags
site_$pystart_name = $pystart_site"
}

# Take what was asked for by one name: a path, or a version, which may be that of several.
pystart_take ()
{
	AS_CASE([$pystart_interpreters], [*" $[1]="* | *"=$[1]="*], [return 0])
	pystart_wanted='*'
	pystart_why='there is no such program on PATH'
	AS_CASE([$[1]],
		[*/*], [pystart_found=$[1]],
		[@<:@0-9@:>@*], [
			pystart_wanted="$[1].*"
			pystart_branch=`AS_ECHO(["$[1]"]) | cut -d. -f1,2`
			pystart_found=`pystart_candidates "$pystart_branch"`
			pystart_why="there is no python$pystart_branch on PATH"],
		[pystart_found=`command -v "$[1]"`])
	for pystart_one in $pystart_found; do
		pystart_examine "$pystart_one"
		AS_CASE([$pystart_version.], [$pystart_wanted], [],
			[test -n "$pystart_reason" || pystart_reason="$pystart_one is CPython $pystart_version"])
		AS_IF([test -z "$pystart_reason"], [pystart_add])
		AS_IF([test -z "$pystart_reason"], [return 0])
		pystart_why=$pystart_reason
	done
	AC_MSG_ERROR([--with-pythons: $[1] does not fit: $pystart_why])
}

# Take whatever there is and fits; what does not is named.
pystart_take_all ()
{
	for pystart_one in `pystart_candidates '3.1@<:@1-9@:>@'; pystart_candidates '3.@<:@2-9@:>@@<:@0-9@:>@'`; do
		pystart_examine "$pystart_one"
		AS_IF([test -z "$pystart_reason"], [pystart_add])
		AS_IF([test -n "$pystart_reason"],
			[AC_MSG_NOTICE([leaving out $pystart_one: $pystart_reason])])
	done
}

AC_MSG_NOTICE([looking for further interpreters])
FURTHER_PYTHONS=
FURTHER_SETTINGS=
pystart_paths=
pystart_further_report=
AS_CASE([$with_pythons],
	[no], [],
	[yes], [pystart_take_all],
	[pystart_items=`AS_ECHO(["$with_pythons"]) | tr , ' '`
	# A name is taken as it is, and not for a pattern.
	set -f
	for pystart_item in $pystart_items; do
		set +f
		pystart_take "$pystart_item"
	done
	set +f])
FURTHER_PYTHONS=`AS_ECHO(["$FURTHER_PYTHONS"]) | sed 's/^ //'`
WITH_PYTHONS=--without-pythons
AS_IF([test -n "$pystart_paths"],
	[WITH_PYTHONS=--with-pythons=`AS_ECHO(["$pystart_paths"]) | sed 's/^,//'`])
AC_SUBST([FURTHER_PYTHONS])
AC_SUBST([WITH_PYTHONS])
AC_SUBST([FURTHER_SETTINGS])
AM_SUBST_NOTMAKE([FURTHER_SETTINGS])
AC_DEFINE_UNQUOTED([INTERPRETERS], [$pystart_table],
	[Of each interpreter its name, path, version and SOABI, each with a NUL behind it.])
])
