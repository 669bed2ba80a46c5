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
