# SPDX-License-Identifier: MIT
# PYSTART_FUZZ
# ------------
# Sets and substitutes FUZZ_CC, a clang that can link with libFuzzer and the sanitizers, or empty.
# It is used for `make fuzz` only; what is installed is made by CC.
AC_DEFUN([PYSTART_FUZZ], [
AC_ARG_VAR([FUZZ_CC], [clang with libFuzzer, for `make fuzz'])
AC_CHECK_PROGS([FUZZ_CC], [clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14])
AC_CACHE_CHECK([whether ${FUZZ_CC:-clang} has libFuzzer], [pystart_cv_fuzz], [
	pystart_cv_fuzz=no
	AS_IF([test -n "$FUZZ_CC"], [
		echo 'int LLVMFuzzerTestOneInput(const char *, unsigned long);
int LLVMFuzzerTestOneInput(const char *a, unsigned long b) { return !a && b; }' >conftest.c
		AS_IF([$FUZZ_CC -fsanitize=fuzzer,address,undefined -o conftest$EXEEXT \
				conftest.c >&AS_MESSAGE_LOG_FD 2>&1],
			[pystart_cv_fuzz=yes])
		rm -f conftest.c conftest$EXEEXT])])
AS_VAR_IF([pystart_cv_fuzz], [yes], [], [FUZZ_CC=])
])
