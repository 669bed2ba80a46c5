# SPDX-License-Identifier: MIT
# Compiler and linker options, each used only where the tool chain has it.

# PYSTART_CHECK_CFLAG(VARIABLE, OPTION)
# -------------------------------------
# Append OPTION to VARIABLE if the compiler takes it without a warning. Tried together with the
# user's CFLAGS: _FORTIFY_SOURCE, for one, warns without optimization.
AC_DEFUN([PYSTART_CHECK_CFLAG], [
AS_VAR_PUSHDEF([cache], [pystart_cv_cflag_$2])dnl
AC_CACHE_CHECK([whether $CC accepts $2], [cache], [
	pystart_saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [[puts("");]])],
		[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
	CFLAGS=$pystart_saved_CFLAGS])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([cache])dnl
])

# PYSTART_CHECK_LDFLAG(VARIABLE, OPTION)
# --------------------------------------
AC_DEFUN([PYSTART_CHECK_LDFLAG], [
AS_VAR_PUSHDEF([cache], [pystart_cv_ldflag_$2])dnl
AC_CACHE_CHECK([whether the linker accepts $2], [cache], [
	pystart_saved_LDFLAGS=$LDFLAGS
	LDFLAGS="$LDFLAGS $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[]], [[]])],
		[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
	LDFLAGS=$pystart_saved_LDFLAGS])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([cache])dnl
])

# PYSTART_COMPILER_OPTIONS
# ------------------------
# Sets and substitutes
#   PYSTART_CFLAGS    language and warnings, for everything
#   HARDENING_CFLAGS  and HARDENING_LDFLAGS
#   COVERAGE_CFLAGS   empty without --enable-coverage
#   ASAN_LIBRARY      the run-time library of AddressSanitizer, or empty
#   SANITIZE_CFLAGS   empty without --enable-sanitizers; to be left out where a program is linked
#                     statically
AC_DEFUN([PYSTART_COMPILER_OPTIONS], [
AC_ARG_ENABLE([werror],
	[AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])],
	[], [enable_werror=no])
AC_ARG_ENABLE([sanitizers],
	[AS_HELP_STRING([--enable-sanitizers],
		[build with AddressSanitizer and UndefinedBehaviorSanitizer])],
	[], [enable_sanitizers=no])
AC_ARG_ENABLE([coverage],
	[AS_HELP_STRING([--enable-coverage], [count which lines are run, for `make coverage'])],
	[], [enable_coverage=no])
AC_ARG_ENABLE([hardening],
	[AS_HELP_STRING([--disable-hardening],
		[leave out stack protector, _FORTIFY_SOURCE and the like])],
	[], [enable_hardening=yes])

PYSTART_CFLAGS="-std=gnu11"
HARDENING_CFLAGS=
HARDENING_LDFLAGS=
SANITIZE_CFLAGS=
for option in -Wall -Wextra -Wshadow -Wconversion; do
	PYSTART_CFLAGS="$PYSTART_CFLAGS $option"
done
PYSTART_CHECK_CFLAG([PYSTART_CFLAGS], [-fvisibility=hidden])
PYSTART_CHECK_CFLAG([PYSTART_CFLAGS], [-fno-strict-aliasing])
AS_VAR_IF([enable_werror], [no], [], [PYSTART_CFLAGS="$PYSTART_CFLAGS -Werror"])

ASAN_LIBRARY=
AS_VAR_IF([enable_sanitizers], [no], [], [
	# The run-time library has to be a shared one, for the importer is loaded into a program that
	# is not sanitized itself; the tests preload it.
	ASAN_LIBRARY=`$CC -print-file-name=libasan.so`
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#ifdef __clang__
#error "this is clang"
#endif]])], [], [AC_MSG_ERROR([--enable-sanitizers needs gcc: ./configure CC=gcc ...])])
	PYSTART_CHECK_CFLAG([SANITIZE_CFLAGS], [-fsanitize=address])
	PYSTART_CHECK_CFLAG([SANITIZE_CFLAGS], [-fsanitize=undefined])
	AS_CASE([$SANITIZE_CFLAGS], [*address*undefined*], [],
		[AC_MSG_ERROR([$CC cannot link with -fsanitize=address,undefined; install its
run-time libraries (Debian: libgcc-12-dev) or leave out --enable-sanitizers])])
	SANITIZE_CFLAGS="$SANITIZE_CFLAGS -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
	# The sanitizers know better, and _FORTIFY_SOURCE hides calls from them.
	enable_hardening=no])

COVERAGE_CFLAGS=
AS_VAR_IF([enable_coverage], [no], [], [
	# Threads and children write to the same counters.
	COVERAGE_CFLAGS="--coverage -fprofile-update=atomic"
	enable_hardening=no])

AS_VAR_IF([enable_hardening], [no], [], [
	PYSTART_CHECK_CFLAG([HARDENING_CFLAGS], [-fstack-protector-strong])
	PYSTART_CHECK_CFLAG([HARDENING_CFLAGS], [-fstack-clash-protection])
	PYSTART_CHECK_CFLAG([HARDENING_CFLAGS], [-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2])
	PYSTART_CHECK_LDFLAG([HARDENING_LDFLAGS], [-Wl,-z,relro])
	PYSTART_CHECK_LDFLAG([HARDENING_LDFLAGS], [-Wl,-z,now])])

AC_SUBST([PYSTART_CFLAGS])
AC_SUBST([HARDENING_CFLAGS])
AC_SUBST([HARDENING_LDFLAGS])
AC_SUBST([SANITIZE_CFLAGS])
AC_SUBST([ASAN_LIBRARY])
AC_SUBST([COVERAGE_CFLAGS])
AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" != xno])
])
