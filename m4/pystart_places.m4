# SPDX-License-Identifier: MIT
# The folders that files are installed in.

# PYSTART_CHECK_PLACES
# --------------------
# Refuse folders with characters that automake's rules, which do not quote all of them, and C
# strings cannot take. It happens before the other checks, so that nobody waits for it.
AC_DEFUN([PYSTART_CHECK_PLACES], [
for pystart_place in prefix exec_prefix bindir libdir datarootdir datadir docdir mandir; do
	eval "pystart_value=\$$pystart_place"
	AS_CASE([$pystart_value], [*[[\ \	\"\'\`\\\&\;\#\|\<\>\(\)\*\?]]*],
		[AC_MSG_ERROR([$pystart_place='$pystart_value' has a blank or another character that
the shell treats specially. Files cannot be installed there; choose another folder.])])
done
])

# PYSTART_SETTINGS
# ----------------
# After AC_OUTPUT: write what was decided into settings.stamp, which what is built depends on, but leave
# the file alone if it says so already. No file's time tells of it: an interpreter may be exchanged for
# one that is older than what was built for the one before.
AC_DEFUN([PYSTART_SETTINGS], [
PYSTART_EXPAND([pystart_libdir], [$libdir])
PYSTART_EXPAND([pystart_datadir], [$datadir])
AS_ECHO(["$pystart_builds
$pystart_libdir $pystart_datadir
$CC $CPPFLAGS $CFLAGS $HARDENING_CFLAGS $SANITIZE_CFLAGS"]) >settings.new
AS_IF([cmp -s settings.new settings.stamp], [rm -f settings.new], [mv -f settings.new settings.stamp])
])

# PYSTART_EXPAND(VARIABLE, FOLDER)
# --------------------------------
# Set VARIABLE to FOLDER as make will see it, with ${prefix} and the like filled in. For messages,
# after AC_OUTPUT, which decides on the last of them.
AC_DEFUN([PYSTART_EXPAND], [
$1=$2
while :; do
	AS_CASE([$$1], [*"$"{*], [eval "$1=\"$$1\""], [break])
done
])
