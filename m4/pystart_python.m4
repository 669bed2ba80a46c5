# SPDX-License-Identifier: MIT
# The interpreter that the importer is built for.

# PYSTART_PYTHON_QUERY(VARIABLE, WHAT, STATEMENTS)
# ------------------------------------------------
# Set VARIABLE to what STATEMENTS print under $PYTHON. The environment must not change the answer:
# -E for PYTHON* variables, -s for the user's own site folder.
AC_DEFUN([PYSTART_PYTHON_QUERY], [
AC_MSG_CHECKING([for $2])
$1=`"$PYTHON" -E -s -c '$3' 2>&AS_MESSAGE_LOG_FD` ||
	AC_MSG_ERROR([$PYTHON failed to tell; see config.log])
AC_MSG_RESULT([$$1])
])

# PYSTART_PYTHON
# --------------
# The interpreter is the user's PYTHON, else /usr/bin/python3, else the first python3 on PATH that
# is new enough. It is followed through sys.executable, because what is on PATH may be a script
# (pyenv's shims are) and the launcher needs the program itself.
#
# Sets and substitutes PYTHON (absolute), PYTHON_VERSION (X.Y), PYTHON_SOABI, PYTHON_CPPFLAGS and
# pyexecdir, the folder below the prefix in which that interpreter looks for extension modules.
AC_DEFUN([PYSTART_PYTHON], [
AC_ARG_VAR([PYTHON], [the Python interpreter to build for, CPython 3.11 to 3.13 (default:
	/usr/bin/python3, else what is on PATH)])
AS_IF([test -z "$PYTHON"], [
	AS_IF([test -x /usr/bin/python3], [PYTHON=/usr/bin/python3],
		[AC_PATH_PROGS([PYTHON],
			[python3 python3.13 python3.12 python3.11 python])])])
AS_IF([test -z "$PYTHON"], [AC_MSG_ERROR([no Python interpreter found.
Install one (Debian: python3 python3-dev) or name it: ./configure PYTHON=/path/to/python3])])

AC_MSG_CHECKING([for the program behind $PYTHON])
pystart_python=`"$PYTHON" -E -s -c 'import sys; print(sys.executable)' 2>&AS_MESSAGE_LOG_FD`
AS_CASE([$pystart_python], [/*], [],
	[AC_MSG_ERROR([PYTHON=$PYTHON is not a Python interpreter that runs; see config.log])])
PYTHON=$pystart_python
AC_MSG_RESULT([$PYTHON])

AC_MSG_CHECKING([whether $PYTHON is CPython 3.11 or newer])
AS_IF(["$PYTHON" -E -s -c 'import sys
sys.exit(sys.implementation.name != "cpython" or sys.version_info < (3, 11))' 2>&AS_MESSAGE_LOG_FD],
	[AC_MSG_RESULT([yes])],
	[AC_MSG_RESULT([no])
	AC_MSG_ERROR([$PYTHON is not CPython 3.11 or newer. Name another: ./configure PYTHON=...])])

PYSTART_PYTHON_QUERY([PYTHON_VERSION], [the version of $PYTHON],
	[import sys; print("%d.%d" % sys.version_info@<:@:2@:>@)])
pystart_version_header=v`AS_ECHO(["$PYTHON_VERSION"]) | tr . _`.h
AC_MSG_CHECKING([whether the importer knows CPython $PYTHON_VERSION])
AS_IF([test -f "$srcdir/importer/cpython/$pystart_version_header"], [AC_MSG_RESULT([yes])],
	[AC_MSG_RESULT([no])
	AC_MSG_ERROR([CPython $PYTHON_VERSION is not known yet: importer/cpython/$pystart_version_header is missing
(importer/cpython/VERSIONS.md says what it takes). Name another interpreter: ./configure PYTHON=...])])
PYSTART_PYTHON_QUERY([PYTHON_SOABI], [its SOABI],
	[import sysconfig; print(sysconfig.get_config_var("SOABI") or "")])
AS_IF([test -z "$PYTHON_SOABI"],
	[AC_MSG_ERROR([$PYTHON has no SOABI; extension modules could not be told apart])])
PYSTART_PYTHON_QUERY([pystart_include], [its headers],
	[import sysconfig as s
print(*dict.fromkeys("-I" + s.get_path(p) for p in ("include", "platinclude")))])
PYTHON_CPPFLAGS=$pystart_include

pystart_saved_CPPFLAGS=$CPPFLAGS
CPPFLAGS="$CPPFLAGS $PYTHON_CPPFLAGS"
AC_MSG_CHECKING([whether Python.h can be compiled])
AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <Python.h>]])], [AC_MSG_RESULT([yes])],
	[AC_MSG_RESULT([no])
	AC_MSG_ERROR([the headers of $PYTHON are missing ($PYTHON_CPPFLAGS has no usable Python.h).
Install them (Debian: apt-get install python3-dev) or name an interpreter that has them:
./configure PYTHON=...])])
CPPFLAGS=$pystart_saved_CPPFLAGS

# The importer looks into structures of the interpreter, and believes the headers about them.
PYSTART_PYTHON_QUERY([pystart_hexversion], [its exact version],
	[import sys; print("0x%08x" % sys.hexversion)])
pystart_saved_CPPFLAGS=$CPPFLAGS
CPPFLAGS="$CPPFLAGS $PYTHON_CPPFLAGS"
AC_MSG_CHECKING([whether the headers are of this very version])
AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <patchlevel.h>
#if PY_VERSION_HEX != $pystart_hexversion
#error "of another version"
#endif]])], [AC_MSG_RESULT([yes])],
	[AC_MSG_RESULT([no])
	AC_MSG_ERROR([the headers in $PYTHON_CPPFLAGS are not those of $PYTHON ($pystart_hexversion).
Install the headers of that version (Debian: apt-get install python3-dev) or name another
interpreter: ./configure PYTHON=...])])
CPPFLAGS=$pystart_saved_CPPFLAGS

# A site folder that lies below the prefix is on sys.path already; else the usual name. With the
# prefix /usr, what is below /usr/local is not meant.
pystart_prefix=$prefix
AS_IF([test "x$pystart_prefix" = xNONE], [pystart_prefix=$ac_default_prefix])
AC_MSG_CHECKING([for the site folder below the prefix])
pyexecdir=`"$PYTHON" -E -s -c '
import os, site, sys
prefix = os.path.normpath(sys.argv@<:@1@:>@)
usual = "lib/python%d.%d/site-packages" % sys.version_info@<:@:2@:>@
known = @<:@os.path.relpath(p, prefix) for p in site.getsitepackages()@:>@
print(next((p for p in known if not p.startswith(("..", "local/"))), usual))' "$pystart_prefix" \
	2>&AS_MESSAGE_LOG_FD` || AC_MSG_ERROR([$PYTHON failed to tell; see config.log])
pyexecdir="\${exec_prefix}/$pyexecdir"
AC_MSG_RESULT([$pyexecdir])

AC_SUBST([PYTHON_VERSION])
AC_SUBST([PYTHON_SOABI])
AC_SUBST([PYTHON_CPPFLAGS])
AC_SUBST([pyexecdir])
])
